/** The libraries of the page: what a module imports, the file of the package, and its name among the assets. */
interface VendorFile {
  /** As it stands in an import; null: none imports it. */
  readonly specifier: string | null;
  readonly file: string;
  readonly name: string;
}

export const VENDOR_FILES: readonly VendorFile[] = [
  { specifier: 'preact', file: 'preact/dist/preact.mjs', name: 'preact.js' },
  { specifier: 'preact/hooks', file: 'preact/hooks/dist/hooks.mjs', name: 'preact-hooks.js' },
  { specifier: 'htm', file: 'htm/dist/htm.module.js', name: 'htm.js' },
  { specifier: 'uplot', file: 'uplot/dist/uPlot.esm.js', name: 'uplot.js' },
  { specifier: null, file: 'uplot/dist/uPlot.min.css', name: 'uplot.css' },
];

/** What node and page both need when they run: it stands beside the modules of the page. */
export const SHARED_FILE = 'page-document.js';

/** A browser knows no packages: all imports name a file beside. @throws Error for a package that is not in the table */
export function withFileImports(text: string, place: string): string {
  const imports = /(\bfrom\s*|\bimport\s*)(["'])([\w@][\w@/-]*|\.\.\/page\/[\w.-]+)\2/g;
  return text
    .replace(/^\/\/# sourceMappingURL=.*$/gm, '')
    .replace(imports, (_, before: string, quote: string, specifier: string) => {
      const file = fileOf(specifier);
      if (file === null) throw new Error(`${place} imports ${specifier}, which is not in the table of vendor.ts`);
      return `${before}${quote}./${file}${quote}`;
    });
}

function fileOf(specifier: string): string | null {
  if (specifier === `../page/${SHARED_FILE}`) return SHARED_FILE;
  return VENDOR_FILES.find((one) => one.specifier === specifier)?.name ?? null;
}
