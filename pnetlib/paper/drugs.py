"""The four gastric-cancer drugs of the paper."""

PAPER_DRUGS = {"Doxorubicin": 133, "Mitomycin-C": 136, "5-Fluorouracil": 179, "Docetaxel": 1007}
