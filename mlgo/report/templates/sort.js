"use strict";
// Clicking a heading sorts its table: by data-key where the cells have one, else by text.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const column = head.cellIndex;
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = head.closest("table").tBodies[0];
    const key = (row) => row.cells[column].dataset.key;
    const compare = (a, b) =>
      key(a) !== undefined && key(b) !== undefined
        ? Number(key(a)) - Number(key(b))
        : a.cells[column].textContent.localeCompare(b.cells[column].textContent);
    const rows = [...body.rows].sort(compare);
    body.append(...(descending ? rows.reverse() : rows));
  });
}
