/** What a combobox offers, found by typing and walked through by keys. Pure. */

export interface Option {
  value: string;
  label: string;
  note?: string;
  badge?: string;
}

export interface Group {
  label: string;
  options: Option[];
}

/** Keeps the options that hold every word typed, in the group's name or their own; of each group, the first `most`. */
export function matching(groups: readonly Group[], text: string, most = Infinity): Group[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return groups
    .map((group) => ({
      ...group,
      options: group.options
        .filter((option) => {
          const name = `${group.label} ${option.label} ${option.value}`.toLowerCase();
          return words.every((word) => name.includes(word));
        })
        .slice(0, most),
    }))
    .filter((group) => group.options.length > 0);
}

/** The option that a key leads to, or undefined for other keys. */
export function step(
  options: readonly Option[],
  current: Option | undefined,
  key: string,
): Option | undefined {
  const last = options.length - 1;
  const place = current ? options.indexOf(current) : -1;
  if (key === "ArrowDown") return options[place >= last ? 0 : place + 1];
  if (key === "ArrowUp") return options[place <= 0 ? last : place - 1];
  if (key === "PageDown") return options[Math.min(last, place + 8)];
  if (key === "PageUp") return options[Math.max(0, place - 8)];
  return undefined;
}
