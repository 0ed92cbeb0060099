/** Shortens names that would break a page: folders have names of up to 255 bytes, some without a place to break. */

/** As much as tells most models apart; the longest official one has 47 characters. */
export const NAME = 48;
/** What tells two models of one name apart stands behind it: their datasets or folders. */
export const TWO_NAMES = 80;

const graphemes = new Intl.Segmenter();

/** A name of so many characters at most: its end tells as much as its beginning ("thinking high"). */
export function short(name: string, most: number): string {
  if (name.length <= most) return name;
  // Not by code units, half of an emoji is none.
  const characters = Array.from(graphemes.segment(name), ({ segment }) => segment);
  if (characters.length <= most) return name;
  const head = Math.ceil((most - 1) / 2);
  const [start, end] = [characters.slice(0, head).join(""), characters.slice(head + 1 - most).join("")];
  return `${start.trimEnd()}…${end.trimStart()}`;
}
