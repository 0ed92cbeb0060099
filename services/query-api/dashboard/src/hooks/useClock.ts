/** By which clock moments are told: UTC, or the reader's own. This browser keeps it. */
import { useKept } from "../live/kept.ts";

export function useClock(): [isOwn: boolean, toggle: () => void] {
  const isOwn = useKept(({ ownTime }) => ownTime);
  return [isOwn, () => useKept.setState({ ownTime: !isOwn })];
}
