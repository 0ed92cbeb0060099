/** Makes many links or buttons one stop of the Tab key: the arrow keys walk between them. */
import { type KeyboardEvent, useState } from "react";

/** The next place, or undefined for keys that lead nowhere; what is one row goes forth by "up" too. */
export function walk(key: string, place: number, length: number, columns = -1): number | undefined {
  const places: Record<string, number> = {
    ArrowRight: place + 1,
    ArrowLeft: place - 1,
    ArrowDown: place + columns,
    ArrowUp: place - columns,
    Home: 0,
    End: length - 1,
  };
  const next = places[key];
  return next === undefined || (next >= 0 && next < length) ? next : place;
}

/** The props of one link or button. */
export interface Stop {
  "data-key": string;
  tabIndex: number;
  onFocus: () => void;
}

/** The props of one that says more of itself while it is pointed at or has the focus. */
export const showing = (stop: Stop, onShow: (key: string | null) => void) => ({
  ...stop,
  onMouseEnter: () => onShow(stop["data-key"]),
  onMouseLeave: () => onShow(null),
  onFocus: () => {
    stop.onFocus();
    onShow(stop["data-key"]);
  },
  onBlur: () => onShow(null),
});

export function useRoving<T extends Element>(keys: readonly string[], columnsOf?: (group: T) => number) {
  const [current, setCurrent] = useState<string | null>(null);
  const active = current !== null && keys.includes(current) ? current : keys[0];

  function onKeyDown(event: KeyboardEvent<T>): void {
    const columns = columnsOf?.(event.currentTarget);
    const place = walk(event.key, keys.indexOf(active ?? ""), keys.length, columns);
    const next = place === undefined ? undefined : keys[place];
    if (next === undefined) return;
    event.preventDefault();
    setCurrent(next);
    event.currentTarget.querySelector<SVGElement>(`[data-key="${CSS.escape(next)}"]`)?.focus();
  }

  const stop = (key: string): Stop => ({
    "data-key": key,
    tabIndex: key === active ? 0 : -1,
    onFocus: () => setCurrent(key),
  });
  return { onKeyDown, stop };
}
