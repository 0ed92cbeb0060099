/** Colours and shapes by task set, so that either tells the sets apart. */

export interface Mark {
  fill: string;
  shape: "circle" | "diamond" | "square" | "triangle";
}

const FIRST: Mark = { fill: "fill-accent", shape: "circle" };
const MARKS: Mark[] = [
  FIRST,
  { fill: "fill-bad", shape: "diamond" },
  { fill: "fill-good", shape: "square" },
  { fill: "fill-part", shape: "triangle" },
];

export function marksOf(sources: Iterable<string>): Map<string, Mark> {
  const names = [...new Set(sources)].sort();
  return new Map(names.map((name, place) => [name, MARKS[place % MARKS.length] ?? FIRST]));
}
