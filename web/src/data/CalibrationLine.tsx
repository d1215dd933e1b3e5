/** The sentence that says which calibration the numbers rest on. */

import { useEffect } from 'preact/hooks';
import { calibrationText, loadModel, modelState, provisionalText } from './modelState';
import './data.css';

export function CalibrationLine() {
  // Later ones come with the server's notifications.
  useEffect(() => {
    if (!modelState.value) loadModel().catch(() => undefined);
  }, []);
  const state = modelState.value;
  const text = calibrationText();
  if (!state || !text) return null;
  const provisional = provisionalText(state);
  return (
    <p class="calibration" data-testid="calibration">
      {text} {provisional && <b>{provisional}</b>}
    </p>
  );
}
