/** Says that results have landed since: what a reader looks at does not move by itself. */
interface Props {
  query: { isStale: boolean; isFetching: boolean; data: unknown; refetch: () => unknown };
}

export function NewResults({ query: { isStale, isFetching, data, refetch } }: Props) {
  if (!isStale || !data) return null;
  return (
    <button type="button" className="button" disabled={isFetching} onClick={() => void refetch()}>
      New results: show
    </button>
  );
}
