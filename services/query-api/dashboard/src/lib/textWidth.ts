/** How wide a text is in a chart, before it is drawn. Pure. */

// Geist at 12 px in its semibold, measured: what a character of a class takes at most. Digits are all as wide as a 0.
const CLASSES: readonly [RegExp, number][] = [
  [/[ !"'(),\-./:;I[\]`fijlrt|{}\\*]/, 4.7],
  [/[%@MWmw]/, 11],
  [/[A-Z&0-9$]/, 8.3],
  [/[\u2e80-\uffdc]|[\u{1f000}-\u{3ffff}]/u, 12.5],
];
const OTHERS = 7.3;

export function widthOf(text: string): number {
  const widths = Array.from(text, (each) => CLASSES.find(([of]) => of.test(each))?.[1] ?? OTHERS);
  return widths.reduce((sum, width) => sum + width, 0);
}
