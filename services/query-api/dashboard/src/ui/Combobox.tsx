/** A text field that finds one of many options by typing (the ARIA pattern "combobox with listbox popup"). */
import { type KeyboardEvent, useId, useMemo, useState } from "react";

import { Badge } from "./Badge.tsx";
import { type Group, type Option, matching, step } from "./options.ts";

interface ComboboxProps {
  label: string;
  groups: Group[];
  value: string | null;
  onPick: (value: string | null) => void;
  placeholder: string;
  clearable?: boolean;
}

export function Combobox({ label, groups, value, onPick, placeholder, clearable = false }: ComboboxProps) {
  const id = useId();
  const choice = useChoice(groups, value, onPick);
  const { open, text, current } = choice;
  const selected = groups.flatMap((group) => group.options).find((option) => option.value === value);
  return (
    <div className="relative min-w-0">
      <label htmlFor={id} className="label mb-1.5 block">
        {label}
      </label>
      <div className="relative">
        <input
          id={id}
          type="text"
          role="combobox"
          autoComplete="off"
          spellCheck={false}
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={current && optionId(id, current)}
          className="field h-11 w-full truncate pr-20 text-[0.9375rem] font-medium"
          placeholder={placeholder}
          value={text ?? selected?.label ?? ""}
          onChange={(event) => choice.type(event.target.value)}
          onFocus={(event) => event.target.select()}
          onClick={choice.show}
          onKeyDown={choice.onKeyDown}
          onBlur={choice.hide}
        />
        <div className="absolute inset-y-0 right-2 flex items-center gap-1">
          {clearable && selected && <Clear label={label} onClear={() => onPick(null)} />}
          <span aria-hidden="true" className="text-muted pointer-events-none text-xs">
            ▾
          </span>
        </div>
      </div>
      <Listbox id={id} label={label} value={value} choice={choice} />
    </div>
  );
}

export function optionId(id: string, option: Option): string {
  return `${id}-${encodeURIComponent(option.value)}`;
}

/** What is typed, which options that leaves, and which of them the keys have reached. */
export function useChoice(
  groups: readonly Group[],
  value: string | null,
  onPick: (value: string) => void,
  { most, opened = false }: { most?: number; opened?: boolean } = {},
) {
  const [open, setOpen] = useState(opened);
  const [text, setText] = useState<string | null>(null);
  const [active, point] = useState<string | null>(null);
  const shown = useMemo(() => matching(groups, text ?? "", most), [groups, text, most]);
  const flat = shown.flatMap((group) => group.options);
  const current = open ? (flat.find((option) => option.value === active) ?? flat[0]) : undefined;

  function show(): void {
    setOpen(true);
    point(value);
  }
  function type(typed: string): void {
    setText(typed);
    point(null);
    setOpen(true);
  }
  function hide(): void {
    setOpen(false);
    setText(null);
  }
  function pick(option: Option): void {
    onPick(option.value);
    hide();
  }
  function onKeyDown(event: KeyboardEvent): void {
    const moved = step(flat, current, event.key);
    if (moved && open) point(moved.value);
    else if (moved && event.key.startsWith("Arrow")) show();
    else if (event.key === "Enter" && current) pick(current);
    else if (event.key === "Escape" && open) hide();
    else return;
    event.preventDefault();
  }
  return { open, text, shown, current, show, type, hide, point, pick, onKeyDown };
}

function Clear({ label, onClear }: { label: string; onClear: () => void }) {
  return (
    <button
      type="button"
      aria-label={`Clear ${label}`}
      className="text-muted hover:text-ink hover:bg-raised rounded-md px-1.5 py-0.5 text-xs"
      onMouseDown={(event) => event.preventDefault()}
      onClick={onClear}
    >
      Clear
    </button>
  );
}

interface ListboxProps {
  id: string;
  label: string;
  value: string | null;
  choice: ReturnType<typeof useChoice>;
  className?: string;
}

const BELOW = "panel absolute z-30 mt-1.5 max-h-96 w-full overflow-auto p-1.5 shadow-xl";

const scrollTo = (option: HTMLElement | null) => option?.scrollIntoView({ block: "nearest" });

export function Listbox({ id, label, value, choice, className = BELOW }: ListboxProps) {
  const { open, text, shown, current, point, pick } = choice;
  return (
    <div
      id={`${id}-list`}
      role="listbox"
      tabIndex={-1}
      aria-label={label}
      hidden={!open}
      className={className}
      onMouseDown={(event) => event.preventDefault()}
    >
      {shown.map((group) => (
        <div key={group.label} role="group" aria-label={group.label}>
          <div aria-hidden="true" className="label px-2.5 pt-2.5 pb-1 wrap-anywhere">
            {group.label}
          </div>
          {group.options.map((option) => (
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the field handles the keys
            <div
              key={option.value}
              ref={option === current ? scrollTo : null}
              id={optionId(id, option)}
              role="option"
              tabIndex={-1}
              aria-selected={option.value === value}
              data-active={option === current}
              className="data-[active=true]:bg-accent-soft aria-selected:font-semibold flex items-center gap-2 rounded-lg px-2.5 py-2 text-sm"
              onMouseMove={() => point(option.value)}
              onClick={() => pick(option)}
            >
              <span className="min-w-0 flex-1 truncate" title={option.label}>
                {option.label}
              </span>
              {option.badge && <Badge tone="good">{option.badge}</Badge>}
              {option.note && (
                <span className="text-muted max-w-3/5 truncate text-xs tabular-nums">{option.note}</span>
              )}
            </div>
          ))}
        </div>
      ))}
      {!shown.length && (
        <div
          role="option"
          aria-selected="false"
          aria-disabled="true"
          className="text-muted px-2.5 py-3 text-sm wrap-anywhere"
        >
          Nothing is called “{text}”.
        </div>
      )}
    </div>
  );
}
