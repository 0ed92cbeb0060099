/** How long ago something was, kept true as time passes. */
import { useNow } from "../hooks/useNow.ts";
import { ago, moment } from "../lib/format.ts";

export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={moment(at)}>
      {ago(at, now)}
    </time>
  );
}
