"use strict";
(() => {
  const table = document.querySelector("table.submissions");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const headers = [...table.tHead.rows[0].cells];
  const order = new Intl.Collator(document.documentElement.lang, { numeric: true });

  const value = (row, column) => {
    const cell = row.cells[column];
    return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent.trim();
  };
  const compare = (one, other) =>
    typeof one === "number" ? one - other : order.compare(one, other);

  const sort = (column) => {
    const falls = headers[column].getAttribute("aria-sort") === "ascending";
    for (const header of headers) header.setAttribute("aria-sort", "none");
    headers[column].setAttribute("aria-sort", falls ? "descending" : "ascending");
    const sign = falls ? -1 : 1;
    const keyed = rows.map((row) => [value(row, column), row]);
    keyed.sort(([one], [other]) => sign * compare(one, other));
    body.append(...keyed.map(([, row]) => row));
  };

  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    button.addEventListener("click", () => sort(column));
    header.replaceChildren(button);
    header.setAttribute("aria-sort", "none");
  });

  const find = document.getElementById("find");
  const status = document.getElementById("status");
  const shown = document.getElementById("shown");
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const sections = rows.map((row) => document.getElementById(row.dataset.section));

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/);
    let count = 0;
    rows.forEach((row, index) => {
      const fits = (!status.value || row.dataset.status === status.value)
        && words.every((word) => texts[index].includes(word));
      row.hidden = sections[index].hidden = !fits;
      count += fits;
    });
    shown.textContent = shown.dataset.words.replace("{shown}", count).replace("{all}", rows.length);
  };
  find.addEventListener("input", filter);
  status.addEventListener("change", filter);
  document.querySelector(".filter").hidden = false;
  filter();
})();
