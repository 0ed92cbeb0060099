/** Says that results have landed since: what a reader looks at does not move by itself. */
interface Props {
  of: { hasNews: boolean; isAsked: boolean; show: () => void };
}

export function NewResults({ of: { hasNews, isAsked, show } }: Props) {
  if (!hasNews) return null;
  return (
    <button type="button" className="button" disabled={isAsked} onClick={show}>
      New results: show
    </button>
  );
}
