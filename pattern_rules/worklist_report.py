"""A sorted list of UIDs written out: how many go where, and which rows need a human. No UID is written."""

from pattern_rules.recognition import Verdict
from pattern_rules.sentences import Catalogue
from pattern_rules.worklist import Group, Worklist

ROWS_SHOWN = 20


def worklist_lines(sorted_list: Worklist, sentences: Catalogue) -> list[str]:
    """One line for each group; under it the numbers of rows that can't simply be sent."""
    lines: list[str] = []
    for group in sorted_list.groups:
        parties = ", ".join(group.parties)
        sentence = sentences.text("verdict", group.verdict.value, party=parties, parties=parties)
        lines.append(f"{len(group.rows):9,}  {sentence}")
        if group.verdict is not Verdict.ROUTABLE:
            lines.append(f"{'':11}{_row_numbers(group)}")
        if group.damaged:
            lines.append(f"{group.damaged:9,}  {sentences.text('suggestion', 'leading-zeros')}")
    if sorted_list.duplicates:
        lines.append(f"{len(sorted_list.duplicates):9,}  {sentences.text('word', 'duplicates')}")
    return lines


def _row_numbers(group: Group) -> str:
    shown = [str(row.number) for row in group.rows[:ROWS_SHOWN]]
    return "# " + ", ".join(shown) + (" …" if len(group.rows) > len(shown) else "")


def worklist_data(sorted_list: Worklist) -> dict[str, object]:
    """The same for a program: row numbers only."""
    return {
        "groups": [
            {
                "verdict": group.verdict.value,
                "parties": list(group.parties),
                "rows": [row.number for row in group.rows],
                "damaged_rows": [row.number for row in group.rows if row.was_number],
            }
            for group in sorted_list.groups
        ],
        "duplicates": [
            {"row": duplicate.row, "first_row": duplicate.first_row} for duplicate in sorted_list.duplicates
        ],
    }
