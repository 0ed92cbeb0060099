/** One of a few choices. */
export type Choice = readonly [value: string, name: string];

interface SelectProps {
  label: string;
  value: string;
  options: readonly Choice[];
  onPick: (value: string) => void;
  /** What stands for no choice, where there may be none. */
  any?: string | undefined;
  className?: string;
}

export function Select({ label, value, options, onPick, any, className = "max-w-full" }: SelectProps) {
  return (
    <select
      aria-label={label}
      className={`field ${className}`}
      value={value}
      onChange={(event) => onPick(event.target.value)}
    >
      {any !== undefined && <option value="">{any}</option>}
      {options.map(([each, name]) => (
        <option key={each} value={each}>
          {name}
        </option>
      ))}
    </select>
  );
}
