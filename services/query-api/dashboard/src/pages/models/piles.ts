/** Piles marks up that would cover each other. Pure. */

export interface Place {
  x: number;
  level: number;
}

/** Gives each position, ascending, the lowest level on which its neighbour is a step away. */
export function piled(positions: readonly number[], step: number): Place[] {
  const ends: number[] = [];
  return positions.map((x) => {
    const free = ends.findIndex((end) => x - end >= step);
    const level = free === -1 ? ends.length : free;
    ends[level] = x;
    return { x, level };
  });
}
