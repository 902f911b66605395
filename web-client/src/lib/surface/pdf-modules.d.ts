/** The builds of pdf.js that are used here have no types of their own. */
declare module "pdfjs-dist/legacy/build/pdf.min.mjs" {
  export * from "pdfjs-dist";
}
declare module "pdfjs-dist/legacy/build/pdf.worker.min.mjs?worker" {
  const PdfWorker: new () => Worker;
  export default PdfWorker;
}
