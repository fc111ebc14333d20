// A field that is there to be written into at once.

export function focused(input: HTMLInputElement): void {
  input.focus();
  input.select();
}
