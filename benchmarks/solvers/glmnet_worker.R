# glmnet behind a pipe; see worker.py for the commands.

suppressMessages(library(glmnet))

# Solutions of gene j on all others, one column per penalty.
path_of <- function(X, j, lam1s, tol) {
    fit <- glmnet(X, X[, j], lambda = 0.5 * lam1s, thresh = tol, exclude = j, standardize = FALSE,
                  intercept = FALSE, type.gaussian = "naive", maxit = 1e6)
    fit$beta
}

save_solutions <- function(solved, path) {
    counts <- unlist(lapply(solved, function(beta) diff(beta@p)))
    file <- file(path, "wb")
    writeBin(length(counts), file)
    writeBin(as.integer(counts), file)
    writeBin(as.integer(unlist(lapply(solved, function(beta) beta@i))), file)
    writeBin(as.double(unlist(lapply(solved, function(beta) beta@x))), file)
    close(file)
}

numbers <- function(text) as.numeric(strsplit(text, ",", fixed = TRUE)[[1]])

input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
    words <- strsplit(line, " ", fixed = TRUE)[[1]]
    if (words[1] == "load") {
        rows <- as.integer(words[3])
        columns <- as.integer(words[4])
        X <- matrix(readBin(words[2], "double", rows * columns), rows, columns)
    } else if (words[1] == "solve") {
        solved <- lapply(numbers(words[4]) + 1, function(j) {
            path_of(X, j, numbers(words[3]), as.numeric(words[2]))
        })
    } else if (words[1] == "save") {
        save_solutions(solved, words[2])
    }
    cat("ok\n")
    flush(stdout())
}
