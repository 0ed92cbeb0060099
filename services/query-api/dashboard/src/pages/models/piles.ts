/** Piles marks up that would cover each other. Pure. */

export interface Place {
  x: number;
  level: number;
}

// Further from its moment a mark would lie about it.
const REACH = 4;

/** Gives each mark a cell of a grid: at its own place, or beside it where that pile is as high as `most`. */
export function piled(positions: readonly number[], step: number, most: number): Place[] {
  const columns = positions.map((x) => Math.round(x / step));
  const [first, last] = [Math.min(...columns), Math.max(...columns)];
  const heights = new Map<number, number>();
  const height = (column: number) => heights.get(column) ?? 0;
  return columns.map((home) => {
    const near = around(home).filter((column) => column >= first && column <= last);
    const lowest = near.toSorted((one, other) => height(one) - height(other))[0];
    const column = near.find((each) => height(each) < most) ?? lowest ?? home;
    const level = height(column);
    heights.set(column, level + 1);
    return { x: column * step, level };
  });
}

function around(home: number): number[] {
  const steps = Array.from({ length: REACH }, (_, away) => [home - away - 1, home + away + 1]);
  return [home, ...steps.flat()];
}
