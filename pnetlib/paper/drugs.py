"""The four gastric-cancer drugs of Park, Imoto and Miyano, BMC Bioinformatics 2022;23:342."""

from pnetlib.paper import read_rows

# Drug name to GDSC1 id. The paper gives names only; the ids are those that GDSC lists for them.
PAPER_DRUGS = {row["name"]: int(row["gdsc_id"]) for row in read_rows("drugs.csv")}
