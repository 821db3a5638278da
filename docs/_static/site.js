// Boxes that scroll can be scrolled from the keyboard, and have a name for screen readers.
const boxes = ".pst-scrollable-table-container, .output, div.math, mjx-container, pre";

function reach() {
  for (const box of document.querySelectorAll(boxes)) {
    if (box.scrollWidth > box.clientWidth + 1 && !box.hasAttribute("tabindex")) {
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", "Wide content, which scrolls");
    }
  }
}

window.addEventListener("load", () => {
  // Sphinx calls a list what has no items that a screen reader would take for such.
  document.querySelectorAll(".citation-list").forEach((list) => list.removeAttribute("role"));
  const drawn = window.MathJax?.startup?.promise ?? Promise.resolve();
  drawn.then(reach);
  window.addEventListener("resize", reach);
});
