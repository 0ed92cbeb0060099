/** Goes through the pages of a long list; says nothing where one page holds it. */
interface PagerProps {
  /** What is paged: "the history". */
  label: string;
  page: number;
  size: number;
  total: number;
  go: (page: number) => void;
}

export function Pager({ label, page, size, total, go }: PagerProps) {
  const pages = Math.max(1, Math.ceil(total / size));
  if (pages === 1 && page === 1) return null;
  return (
    <nav aria-label={`Pages of ${label}`} className="mt-4 flex items-center justify-end gap-3 text-sm">
      <button type="button" className="button" disabled={page <= 1} onClick={() => go(page - 1)}>
        ← Previous
      </button>
      <span>
        {page} of {pages}
      </span>
      <button type="button" className="button" disabled={page >= pages} onClick={() => go(page + 1)}>
        Next →
      </button>
    </nav>
  );
}
