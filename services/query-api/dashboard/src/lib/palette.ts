/** Colours and shapes by task set, so that either tells the sets apart. */

export interface Mark {
  fill: string;
  shape: "circle" | "diamond" | "square" | "triangle";
}

const MARKS: Mark[] = [
  { fill: "fill-accent", shape: "circle" },
  { fill: "fill-bad", shape: "diamond" },
  { fill: "fill-good", shape: "square" },
  { fill: "fill-part", shape: "triangle" },
];

export function marksOf(sources: Iterable<string>): Map<string, Mark> {
  const names = [...new Set(sources)].sort();
  return new Map(names.map((name, place) => [name, MARKS[place % MARKS.length] as Mark]));
}
