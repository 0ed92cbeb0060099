/** How long ago something was, kept true as time passes; the moment itself, by both clocks, on demand. */
import { useNow } from "../hooks/useNow.ts";
import { ago } from "../lib/format.ts";
import { both } from "../lib/time.ts";

export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={both(at)}>
      {ago(at, now)}
    </time>
  );
}
