/** How long ago something was, kept true as time passes, and when that was: in a text, or in the cell of a table. */
import { useClock } from "../hooks/useClock.ts";
import { useNow } from "../hooks/useNow.ts";
import { ago } from "../lib/format.ts";
import { both, clockAt } from "../lib/time.ts";
import { Moment } from "./Moment.tsx";

function Age({ at }: { at: string }) {
  return ago(at, useNow());
}

export function Ago({ at }: { at: string }) {
  return (
    <span>
      <Age at={at} /> (<Moment at={at} />)
    </span>
  );
}

/** The day, and below it the time by the clock that the page's foot says; how long ago that was, where it is asked for. */
export function When({ at, age = false }: { at: string; age?: boolean }) {
  const [isOwn] = useClock();
  const [day, time] = clockAt(at, isOwn);
  return (
    <time dateTime={at} title={both(at)}>
      {day}{" "}
      <span className="text-muted block text-xs">
        {time}
        {age && (
          <>
            {" · "}
            <Age at={at} />
          </>
        )}
      </span>
    </time>
  );
}
