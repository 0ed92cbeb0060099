/** A moment in UTC or by the reader's own clock, as the page's foot says, and beside it what the other clock shows. */
import { useClock } from "../hooks/useClock.ts";
import { moment } from "../lib/format.ts";
import { beside, both, own } from "../lib/time.ts";

interface MomentProps {
  at: string;
  /** How it is written in UTC, where that is not to the minute. */
  children?: string | undefined;
  className?: string;
}

export function Moment({ at, children = moment(at), className }: MomentProps) {
  const [isOwn] = useClock();
  const other = beside(at, isOwn);
  return (
    <time dateTime={at} className={className} title={both(at)}>
      <span className="whitespace-nowrap">{(isOwn && own(at)) || children}</span>
      {other && <span className="whitespace-nowrap"> · {other}</span>}
    </time>
  );
}
