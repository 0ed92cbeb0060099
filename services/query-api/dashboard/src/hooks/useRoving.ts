/** Makes many links one stop of the Tab key: the arrow keys walk between them. */
import { type KeyboardEvent, type RefObject, useRef, useState } from "react";

import { walk } from "../lib/walk.ts";

interface Roving {
  /** Goes on what holds the links; each link carries its key as data-key. */
  ref: RefObject<SVGSVGElement | null>;
  active: string | undefined;
  onKeyDown: (event: KeyboardEvent) => void;
  onFocus: (key: string) => void;
}

export function useRoving(keys: readonly string[]): Roving {
  const ref = useRef<SVGSVGElement>(null);
  const [current, setCurrent] = useState<string | null>(null);
  const active = current !== null && keys.includes(current) ? current : keys[0];

  function onKeyDown(event: KeyboardEvent): void {
    if (active === undefined) return;
    const place = walk(event.key, keys.indexOf(active), keys.length);
    const next = place === undefined ? undefined : keys[place];
    if (next === undefined) return;
    event.preventDefault();
    setCurrent(next);
    ref.current?.querySelector<SVGElement>(`[data-key="${CSS.escape(next)}"]`)?.focus();
  }

  return { ref, active, onKeyDown, onFocus: setCurrent };
}
