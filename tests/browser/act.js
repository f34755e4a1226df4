const said = document.createElement("output");
const say = (words) => said.append(words + "\n");
const rows = () => [...document.querySelectorAll("table.submissions tbody tr")].filter((row) => !row.hidden);
const names = () => rows().map((row) => row.cells[0].textContent.trim());
const headers = [...document.querySelectorAll("table.submissions thead th")];
const press = (column) => headers[column].querySelector("button").click();
const change = (id, value, event) => {
  const field = document.getElementById(id);
  field.value = value;
  field.dispatchEvent(new Event(event));
};
const shown = () => document.getElementById("shown").textContent;

press(2);
say(`by score: ${names()[0]}, then ${names()[1]}`);
press(2);
say(`by score again: ${names().find((name) => name === "correct")}`);
say(`aria-sort: ${headers.map((header) => header.getAttribute("aria-sort")).join(" ")}`);
change("status", "not-graded", "change");
say(`not graded: ${names().join(" ")}; ${shown()}`);
change("status", "", "change");
change("find", "other-service", "input");
const sections = [...document.querySelectorAll("section.submission")].filter((section) => !section.hidden);
say(`find other-service: ${names().join(" ")}; ${shown()}; ${sections.length} section`);
headers[0].querySelector("button").focus();
say(`by keyboard: ${document.activeElement.tagName}`);
document.body.append(said);
