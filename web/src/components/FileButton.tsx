/** Chooses a file. A browser words its own control in its own language, not ours. */

interface FileButtonProps {
  label: string;
  /** Endings or types, as of the attribute `accept`. */
  accept: string;
  testid: string;
  disabled?: boolean;
  onChoose: (file: File) => void;
}

export function FileButton(props: FileButtonProps) {
  const { label, accept, testid, disabled = false, onChoose } = props;
  return (
    <label class={`button small file-button${disabled ? ' is-disabled' : ''}`}>
      {label}
      <input
        type="file"
        class="sr-only"
        accept={accept}
        disabled={disabled}
        data-testid={testid}
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          if (chosen) onChoose(chosen);
          // The same file may be chosen again.
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
}
