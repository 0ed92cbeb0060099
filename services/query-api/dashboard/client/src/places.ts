/** Places on the stream of events: `<stream>-<sequence>`. Pure. */

interface Place {
  stream: string;
  sequence: number;
}

function parsed(id: string): Place | null {
  const [, stream, sequence] = /^(\d+)-(\d+)$/.exec(id) ?? [];
  return stream === undefined ? null : { stream, sequence: Number(sequence) };
}

/** Whether a place is an earlier one of the same stream. */
export function isBefore(id: string, other: string): boolean {
  return id !== other && isHeard(id, other);
}

/** Whether an event at `id` is already known to who has heard all up to `last`: it came twice. */
export function isHeard(id: string, last: string | null): boolean {
  const [place, before] = [parsed(id), last === null ? null : parsed(last)];
  // Of another stream nothing can be told.
  return place !== null && before?.stream === place.stream && place.sequence <= before.sequence;
}
