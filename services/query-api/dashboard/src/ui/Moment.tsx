/** A moment in UTC or by the reader's own clock, as the page's foot says; the other one on demand. */
import { useClock } from "../hooks/useClock.ts";
import { moment } from "../lib/format.ts";
import { here, own } from "../lib/time.ts";

interface MomentProps {
  at: string;
  /** How it is written in UTC, where that is not to the minute. */
  children?: string | undefined;
  className?: string;
}

export function Moment({ at, children = moment(at), className }: MomentProps) {
  const [isOwn] = useClock();
  const local = here(at);
  return (
    <time
      dateTime={at}
      className={className}
      title={isOwn && local ? moment(at) : local && `${local}, your time`}
    >
      {(isOwn && own(at)) || children}
    </time>
  );
}
