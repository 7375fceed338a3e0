import Encoding
import Foundation
import IntegerNetwork
import Models

/// A report of headings, paragraphs, tables and plots, written as Markdown or as one HTML file.
struct ReportDocument {
    enum Part {
        case heading(String)
        case paragraph(String)
        case list([String])
        case table(columns: [String], rows: [[String]])
        /// A name for the plot's file, a description, and SVG.
        case plot(name: String, description: String, svg: String)
    }

    var title: String
    var parts: [Part] = []

    /// One HTML file with everything in it.
    var html: String {
        var body = ""
        for part in parts {
            switch part {
            case .heading(let text): body += "<h2>\(SVGPlot.escape(text))</h2>\n"
            case .paragraph(let text): body += "<p>\(SVGPlot.escape(text))</p>\n"
            case .list(let items):
                body += "<ul>\n" + items.map { "<li>\(SVGPlot.escape($0))</li>\n" }.joined() + "</ul>\n"
            case .table(let columns, let rows):
                func row(_ cells: [String], _ tag: String) -> String {
                    "<tr>" + cells.map { "<\(tag)>\(SVGPlot.escape($0))</\(tag)>" }.joined() + "</tr>\n"
                }
                body += "<table>\n" + row(columns, "th") + rows.map { row($0, "td") }.joined() + "</table>\n"
            case .plot(_, _, let svg): body += svg
            }
        }
        let style =
            "body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
            + "table{border-collapse:collapse}td,th{border:1px solid #999;padding:2px 8px;text-align:left}"
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>\(SVGPlot.escape(title))</title>
            <style>\(style)</style></head>
            <body><h1>\(SVGPlot.escape(title))</h1>
            \(body)</body></html>

            """
    }

    /// Markdown that shows plots from files.
    ///
    /// - Parameter plotFile: the path of a plot, by its name.
    func markdown(plotFile: (String) -> String) -> String {
        func cell(_ text: String) -> String { DisplayName.shown(text).replacingOccurrences(of: "|", with: "\\|") }
        var text = "# \(title)\n"
        for part in parts {
            switch part {
            case .heading(let heading): text += "\n## \(heading)\n"
            case .paragraph(let paragraph): text += "\n\(paragraph)\n"
            case .list(let items): text += "\n" + items.map { "- \(DisplayName.shown($0))\n" }.joined()
            case .table(let columns, let rows):
                text += "\n| " + columns.map(cell).joined(separator: " | ") + " |\n"
                text += "|" + columns.map { _ in " --- |" }.joined() + "\n"
                for row in rows { text += "| " + row.map(cell).joined(separator: " | ") + " |\n" }
            case .plot(let name, let description, _): text += "\n![\(description)](\(plotFile(name)))\n"
            }
        }
        return text
    }

    /// Writes `path`: HTML if it ends in .html, else Markdown with its plots beside it as PATH-NAME.svg.
    func write(to path: String) throws(ModelError) {
        if path.lowercased().hasSuffix(".html") || path.lowercased().hasSuffix(".htm") {
            return try FileAccess.write(Array(html.utf8), to: path)
        }
        let stem = path.lowercased().hasSuffix(".md") ? String(path.dropLast(3)) : path
        let base = stem.lastPathPart
        for case .plot(let name, _, let svg) in self.parts {
            try FileAccess.write(Array(svg.utf8), to: "\(stem)-\(name).svg")
        }
        let markdown = self.markdown { name in "\(base)-\(name).svg" }
        try FileAccess.write(Array(markdown.utf8), to: path)
    }
}
