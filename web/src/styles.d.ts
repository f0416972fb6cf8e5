/** Styles as text, for lib/sheet. */
declare module "*.css" {
  const text: string;
  export default text;
}
