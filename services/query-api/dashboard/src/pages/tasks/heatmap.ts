/** The heat map's rows and places: families, what is where, and what colour a letter has. Pure. */
import type { Schemas } from "../../api/client.ts";

export type TaskSet = Schemas["TaskSetOutcomes"];
export type Task = Schemas["TaskFigures"];
export type Model = Schemas["SubmissionOutcomes"];

/** One row of pixels for each model, one column for each task. */
export const ROW_PX = 14;
export const HEAD_PX = 24;
const LEAST_CELL_PX = 3;
const MOST_CELL_PX = 14;

/** What the API's letters mean, the best first. */
export const LETTERS = {
  S: { name: "solved", swatch: "bg-heat-solved" },
  P: { name: "partly solved", swatch: "bg-heat-partly" },
  U: { name: "not solved", swatch: "bg-heat-unsolved" },
  "-": { name: "not attempted", swatch: "bg-heat-missing" },
} as const;

export type Letter = keyof typeof LETTERS;
export const letters = Object.keys(LETTERS) as Letter[];

export interface Family {
  name: string;
  models: readonly Model[];
  /** The place of its first model among all rows. */
  first: number;
  /** Where its first row begins, in pixels from the top. */
  top: number;
}

const OTHER = "Other";
const REFERENCES = "People and baselines";

function familyOf({ family, kind }: Model): string {
  return kind === "human_panel" || kind === "baseline" ? REFERENCES : (family ?? OTHER);
}

/** Families by their best score, each with its models by score; families of one stand together, references last. */
export function families(models: readonly Model[]): Family[] {
  const groups = Map.groupBy(
    models.toSorted((one, other) => other.score - one.score),
    familyOf,
  );
  const lone = [...groups].filter(
    ([name, members]) => members.length === 1 && name !== REFERENCES && name !== OTHER,
  );
  for (const [name] of lone) groups.delete(name);
  const others = [...lone.flatMap(([, members]) => members), ...(groups.get(OTHER) ?? [])];
  const references = groups.get(REFERENCES) ?? [];
  groups.delete(OTHER);
  groups.delete(REFERENCES);
  const named = [
    ...groups,
    [OTHER, others.toSorted((one, other) => other.score - one.score)] as const,
    [REFERENCES, references] as const,
  ].filter(([, members]) => members.length > 0);
  let [first, top] = [0, 0];
  return named.map(([name, members]) => {
    const family = { name, models: members, first, top: top + HEAD_PX };
    first += members.length;
    top = family.top + members.length * ROW_PX;
    return family;
  });
}

export function heightOf(found: readonly Family[]): number {
  const last = found.at(-1);
  return last ? last.top + last.models.length * ROW_PX : 0;
}

/** How wide a cell is: all tasks fit the width, unless they would be too thin to tell apart. */
export function cellWidth(width: number, tasks: number): number {
  return Math.max(LEAST_CELL_PX, Math.min(MOST_CELL_PX, Math.floor(width / Math.max(1, tasks))));
}

export interface Place {
  row: number;
  column: number;
}

/** The cell at a point of the map; null on a family's name and outside. */
export function placeAt(
  found: readonly Family[],
  tasks: number,
  cell: number,
  x: number,
  y: number,
): Place | null {
  const column = Math.floor(x / cell);
  const family = found.find(({ top, models }) => y >= top && y < top + models.length * ROW_PX);
  if (!family || column < 0 || column >= tasks) return null;
  return { row: family.first + Math.floor((y - family.top) / ROW_PX), column };
}

function holder(found: readonly Family[], row: number): Family | undefined {
  return found.findLast(({ first }) => first <= row);
}

/** Where a row begins, in pixels from the top. */
export function topOf(found: readonly Family[], row: number): number {
  const family = holder(found, row);
  return family ? family.top + (row - family.first) * ROW_PX : 0;
}

export function modelAt(found: readonly Family[], row: number): Model | undefined {
  const family = holder(found, row);
  return family?.models[row - family.first];
}

/** Where a key leads from a cell; undefined for keys that lead nowhere. */
export function step(
  key: string,
  { row, column }: Place,
  found: readonly Family[],
  tasks: number,
): Place | undefined {
  const rows = found.reduce((sum, { models }) => sum + models.length, 0);
  const at = found.findLastIndex(({ first }) => first <= row);
  const moves: Record<string, Place> = {
    ArrowLeft: { row, column: column - 1 },
    ArrowRight: { row, column: column + 1 },
    ArrowUp: { row: row - 1, column },
    ArrowDown: { row: row + 1, column },
    Home: { row, column: 0 },
    End: { row, column: tasks - 1 },
    PageUp: { row: found[at - 1]?.first ?? 0, column },
    PageDown: { row: found[at + 1]?.first ?? rows - 1, column },
  };
  const next = moves[key];
  if (!next) return undefined;
  const within = (place: number, length: number) => Math.max(0, Math.min(length - 1, place));
  return { row: within(next.row, rows), column: within(next.column, tasks) };
}

/** A colour as four bytes: red, green, blue, opacity. */
export type Colour = readonly [number, number, number, number];

/** One pixel for each result, row by row. */
export function pixels(
  models: readonly Model[],
  tasks: number,
  palette: Readonly<Record<string, Colour>>,
): Uint8ClampedArray<ArrayBuffer> {
  const found = new Uint8ClampedArray(models.length * tasks * 4);
  models.forEach(({ results }, row) => {
    for (let column = 0; column < tasks; column += 1) {
      const colour = palette[results[column] ?? "-"];
      if (colour) found.set(colour, 4 * (row * tasks + column));
    }
  });
  return found;
}

/** The outline of how many solve each task: from the easiest to the hardest, it only falls. */
export function curve(tasks: readonly Task[], cell: number, height: number): string {
  const steps = tasks.map(({ difficulty }, place) => {
    const y = height * (difficulty ?? 1);
    return `L${place * cell} ${y.toFixed(1)}H${(place + 1) * cell}`;
  });
  return `M0 ${height}${steps.join("")}V${height}Z`;
}

/** "solved by 13 of 75". */
export function solvedBy({ solvedBy: solved, answeredBy: answered }: Task): string {
  return answered ? `solved by ${solved} of ${answered}` : "answered by none";
}
