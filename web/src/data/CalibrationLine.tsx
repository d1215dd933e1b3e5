/** The sentence that says which calibration the numbers rest on. */

import { useEffect } from 'preact/hooks';
import { gap } from '../i18n';
import { calibrationText, loadModel, modelState, provisionalText } from './modelState';
import './data.css';

/** @param alone whether it must say, too, that the model is provisional */
export function CalibrationLine({ alone = true }: { alone?: boolean }) {
  // Later ones come with the server's notifications.
  useEffect(() => {
    if (!modelState.value) loadModel().catch(() => undefined);
  }, []);
  const state = modelState.value;
  const text = calibrationText();
  if (!state || !text) return null;
  const provisional = alone ? provisionalText(state) : null;
  return (
    <p class="calibration" data-testid="calibration">
      {text}
      {provisional && gap()}
      {provisional && <b>{provisional}</b>}
    </p>
  );
}
