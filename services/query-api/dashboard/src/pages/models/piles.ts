/** Piles marks up that would cover each other; each stays above its own moment. Pure. */

export interface Pile {
  /** How many marks it is high. */
  levels: number;
  marks: number;
  from: number;
  to: number;
}

export interface Place {
  x: number;
  /** From the axis upwards. */
  level: number;
  pile: Pile;
}

/** Gives each mark the lowest level at which it covers none before it. The positions ascend. */
export function piled(positions: readonly number[], step: number): Place[] {
  let pile: Pile = { levels: 0, marks: 0, from: 0, to: -Infinity };
  let ends: number[] = [];
  return positions.map((x) => {
    if (x - pile.to >= step) [pile, ends] = [{ levels: 0, marks: 0, from: x, to: x }, []];
    const free = ends.findIndex((end) => x - end >= step);
    const level = free < 0 ? ends.length : free;
    ends[level] = x;
    Object.assign(pile, { levels: ends.length, marks: pile.marks + 1, to: x });
    return { x, level, pile };
  });
}
