/** A number with its name before it. */

interface NumberFieldProps {
  label: string;
  /** Where the label says little by itself. */
  name?: string;
  value: number;
  min: number;
  max: number;
  step?: number | 'any';
  unit?: string;
  testid: string;
  onChange: (value: number) => void;
}

export function NumberField(props: NumberFieldProps) {
  const { label, name, value, min, max, step = 1, unit, testid, onChange } = props;
  return (
    <label class="team-field number">
      <span>{label}</span>
      <span class="team-number">
        <input
          class="input"
          type="number"
          required
          aria-label={name}
          {...{ min, max, step }}
          value={Number.isFinite(value) ? value : ''}
          data-testid={testid}
          onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
        />
        {unit !== undefined && <span class="team-unit">{unit}</span>}
      </span>
    </label>
  );
}
