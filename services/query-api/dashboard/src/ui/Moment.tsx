/** A moment in UTC; by the reader's own clock on demand. */
import { moment } from "../lib/format.ts";
import { here } from "../lib/time.ts";

interface MomentProps {
  at: string;
  /** How it is written, where that is not to the minute. */
  children?: string | undefined;
  className?: string;
}

export function Moment({ at, children = moment(at), className }: MomentProps) {
  const local = here(at);
  return (
    <time dateTime={at} className={className} title={local && `${local}, your time`}>
      {children}
    </time>
  );
}
