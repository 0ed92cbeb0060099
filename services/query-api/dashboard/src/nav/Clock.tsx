/** Switches the moments of all pages between UTC and the reader's own clock. */
import { useClock } from "../hooks/useClock.ts";
import { zoneAt } from "../lib/time.ts";

export function Clock() {
  const [isOwn, toggle] = useClock();
  const zone = zoneAt(new Date().toISOString());
  if (!zone) return null;
  return (
    <button type="button" className="link" aria-pressed={isOwn} onClick={toggle}>
      {isOwn ? `Times in ${zone}: switch to UTC` : `Times in UTC: switch to ${zone}`}
    </button>
  );
}
