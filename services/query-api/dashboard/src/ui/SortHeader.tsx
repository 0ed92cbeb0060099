/** A column's name, by which its table is sorted. */
interface SortHeaderProps {
  name: string;
  sorted: "ascending" | "descending" | undefined;
  onSort: () => void;
  className: string;
}

export function SortHeader({ name, sorted, onSort, className }: SortHeaderProps) {
  return (
    <th aria-sort={sorted} className={className}>
      <button type="button" className="hover:text-ink tracking-[inherit] uppercase" onClick={onSort}>
        {name}
        <span aria-hidden="true">{sorted && (sorted === "ascending" ? " ↑" : " ↓")}</span>
      </button>
    </th>
  );
}
