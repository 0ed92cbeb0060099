/** Many small cells that can be walked through with the arrow keys; Tab goes past all of them at once. */
import { type KeyboardEvent, useRef, useState } from "react";

export interface StripItem {
  id: string;
  className: string;
  name: string;
  dim?: boolean;
}

const STEPS: Record<string, (columns: number) => number> = {
  ArrowRight: () => 1,
  ArrowLeft: () => -1,
  ArrowDown: (columns) => columns,
  ArrowUp: (columns) => -columns,
};

export function Strip({
  label,
  items,
  onPick,
}: {
  label: string;
  items: StripItem[];
  onPick: (id: string) => void;
}) {
  const ref = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);

  function onKeyDown(event: KeyboardEvent): void {
    const buttons = ref.current?.querySelectorAll<HTMLButtonElement>("button.cell");
    if (!buttons?.length) return;
    const top = buttons[0]?.offsetTop;
    const columns = [...buttons].findIndex((button) => button.offsetTop !== top);
    const step = STEPS[event.key]?.(columns === -1 ? buttons.length : columns);
    const ends: Record<string, number> = { Home: 0, End: buttons.length - 1 };
    const next = step === undefined ? ends[event.key] : current + step;
    if (next === undefined || !buttons[next]) return;
    event.preventDefault();
    setCurrent(next);
    buttons[next].focus();
  }

  return (
    <div
      ref={ref}
      role="toolbar"
      aria-label={`${label}. Arrow keys move.`}
      data-testid="strip"
      className={`grid gap-[3px] ${items.length > 200 ? "grid-cols-[repeat(auto-fill,minmax(1.05rem,1fr))]" : "grid-cols-[repeat(auto-fill,minmax(1.5rem,1fr))]"}`}
      onKeyDown={onKeyDown}
    >
      {items.map((item, place) => (
        <button
          key={item.id}
          type="button"
          tabIndex={place === Math.min(current, items.length - 1) ? 0 : -1}
          aria-label={item.name}
          title={item.name}
          data-dim={item.dim ?? false}
          className={`cell ${item.className}`}
          onFocus={() => setCurrent(place)}
          onClick={() => onPick(item.id)}
        />
      ))}
    </div>
  );
}
