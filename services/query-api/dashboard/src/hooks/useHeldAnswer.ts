/** An answer that stays as it is while it is read: another one waits until its reader asks for it. */
import { useState } from "react";

interface What {
  /** Which thing it is of: that of another one is shown as it comes. */
  of?: string;
  /** What its content goes by. */
  stamp: unknown;
  /** Whether nobody reads it yet, or it is not whole: what comes is shown at once. */
  follows?: boolean;
}

export interface HeldAnswer<T> {
  shown: T;
  /** Whether another one waits. */
  isBehind: boolean;
  show: () => void;
}

/** `live` has to be the same object for as long as it is the same answer. */
export function useHeldAnswer<T>(live: T, { of = "", stamp, follows = false }: What): HeldAnswer<T> {
  const [held, setHeld] = useState({ live, of, stamp, follows });
  const isBehind = !follows && !held.follows && held.of === of && held.stamp !== stamp;
  const take = () => setHeld({ live, of, stamp, follows });
  const isTaken = held.live === live && held.of === of && held.stamp === stamp && held.follows === follows;
  if (!isBehind && !isTaken) take();
  return { shown: isBehind ? held.live : live, isBehind, show: take };
}
