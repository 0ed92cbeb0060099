/** Rows as CSV (RFC 4180) for spreadsheets: every field of the API, with all of its digits. Pure. */

type Cells = Map<string, string>;

// What a spreadsheet takes for the start of a formula, also behind blanks and in its wide forms.
const FORMULA = /^[\s\p{Cc}]*[=+\-@\uff0b\uff0d\uff1d\uff20]|^[\t\r\n]/u;
// By this mark Excel knows UTF-8.
const MARK = "\ufeff";

/** A text that stays one in every spreadsheet: a quote before it where it would be a formula. */
function harmless(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Puts a value under its name; parts of objects go under names with dots, lists stay JSON. */
function fill(cells: Cells, name: string, value: unknown): void {
  if (value === null || value === undefined) cells.set(name, "");
  else if (typeof value === "number" || typeof value === "boolean") cells.set(name, String(value));
  else if (typeof value === "string") cells.set(name, harmless(value));
  else if (Array.isArray(value)) cells.set(name, value.length ? JSON.stringify(value) : "");
  else for (const [part, each] of Object.entries(value)) fill(cells, name ? `${name}.${part}` : part, each);
}

/** A line of names, then one for each row; a name that only some rows have is empty in the others. */
export function csvOf(rows: readonly object[]): string {
  const lines = rows.map((row) => {
    const cells: Cells = new Map();
    fill(cells, "", row);
    return cells;
  });
  const names = [...new Set(lines.flatMap((cells) => [...cells.keys()]))];
  // An object that is null in one row has parts in another.
  const kept = names.filter((name) => !names.some((other) => other.startsWith(`${name}.`)));
  const texts = [kept.map(harmless), ...lines.map((cells) => kept.map((name) => cells.get(name) ?? ""))];
  return MARK + texts.map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
}

/** A file's name: what it holds, and when it was made. */
export function fileName(what: string, ending: string, at: Date): string {
  const plain = what
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 80);
  const when = at.toISOString().slice(0, 16).replaceAll(":", "");
  return `arcwatch-${plain || "rows"}-${when}Z.${ending}`;
}
