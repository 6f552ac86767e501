using System.Globalization;
using System.Text.RegularExpressions;

namespace PreferenceLosses.Cuda.Tests.Interpretation;

/// <summary>A parameter of a kernel: its type and where it lies in the parameter memory.</summary>
internal sealed record PtxParameter(string Name, string Type, int Offset);

/// <summary>An instruction as it is written.</summary>
internal sealed record PtxLine(string? Predicate, bool IsNegated, string Opcode, string[] Operands, string Text);

/// <summary>A kernel as text: parameters, registers, shared memory, instructions, labels.</summary>
internal sealed record PtxKernelText(
    string Name,
    IReadOnlyList<PtxParameter> Parameters,
    IReadOnlyDictionary<string, (string Type, int Count)> Registers,
    IReadOnlyDictionary<string, int> Shared,
    int SharedBytes,
    IReadOnlyDictionary<string, int> Labels,
    IReadOnlyList<PtxLine> Lines,
    int MaxThreads);

/// <summary>Reads PTX text. It knows the language, and nothing of who wrote the text.</summary>
internal static partial class PtxModule
{
    public static IReadOnlyDictionary<string, PtxKernelText> Parse(string text)
    {
        var source = Comments().Replace(text, " ");
        var kernels = new Dictionary<string, PtxKernelText>();
        var shared = new SharedMemory();
        foreach (Match variable in ModuleShared().Matches(source[..Math.Max(0, source.IndexOf(".entry", StringComparison.Ordinal))]))
        {
            shared.Add(variable);
        }

        foreach (Match entry in Entries().Matches(source))
        {
            var end = Closing(source, entry.Index + entry.Length - 1);
            var kernel = Kernel(entry, source[(entry.Index + entry.Length)..end], shared.Copy());
            kernels.Add(kernel.Name, kernel);
        }

        if (!source.Contains(".version", StringComparison.Ordinal) || !source.Contains(".target", StringComparison.Ordinal))
        {
            throw new PtxException("A module starts with .version and .target.");
        }

        return kernels;
    }

    private static PtxKernelText Kernel(Match entry, string body, SharedMemory shared)
    {
        var parameters = new List<PtxParameter>();
        var offset = 0;
        foreach (Match p in Parameter().Matches(entry.Groups["parameters"].Value))
        {
            var size = SizeOf(p.Groups["type"].Value);
            offset = (offset + size - 1) / size * size;
            parameters.Add(new PtxParameter(p.Groups["name"].Value, p.Groups["type"].Value, offset));
            offset += size;
        }

        if (parameters.Count != entry.Groups["parameters"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length)
        {
            throw new PtxException($"Not all parameters of {entry.Groups["name"].Value} are understood.");
        }

        var registers = new Dictionary<string, (string, int)>();
        var labels = new Dictionary<string, int>();
        var lines = new List<PtxLine>();
        foreach (var statement in body.Split(';'))
        {
            var rest = statement.Trim();
            while (Label().Match(rest) is { Success: true } label)
            {
                labels.Add(label.Groups[1].Value, lines.Count);
                rest = rest[label.Length..].Trim();
            }

            // A pragma is advice.
            if (rest.Length == 0 || rest.StartsWith(".pragma", StringComparison.Ordinal))
            {
                continue;
            }

            if (RegisterDeclaration().Match(rest) is { Success: true } declaration)
            {
                registers.Add(declaration.Groups["name"].Value, (declaration.Groups["type"].Value, int.Parse(declaration.Groups["count"].Value, CultureInfo.InvariantCulture)));
            }
            else if (ModuleShared().Match(rest + ";") is { Success: true } variable)
            {
                shared.Add(variable);
            }
            else
            {
                lines.Add(Line(rest));
            }
        }

        var maxThreads = MaxThreads().Match(entry.Groups["directives"].Value);
        return new PtxKernelText(
            entry.Groups["name"].Value, parameters, registers, shared.Offsets, shared.Size, labels, lines,
            maxThreads.Success ? int.Parse(maxThreads.Groups[1].Value, CultureInfo.InvariantCulture) : 1024);
    }

    private static PtxLine Line(string text)
    {
        var match = Instruction().Match(text);
        if (!match.Success)
        {
            throw new PtxException($"'{text}' is not an instruction.");
        }

        var predicate = match.Groups["predicate"];
        return new PtxLine(
            predicate.Success ? predicate.Value : null,
            match.Groups["not"].Success,
            match.Groups["opcode"].Value,
            SplitOperands(match.Groups["operands"].Value),
            Spaces().Replace(text, " "));
    }

    private static string[] SplitOperands(string operands)
    {
        var parts = new List<string>();
        var (depth, start) = (0, 0);
        for (var i = 0; i <= operands.Length; i++)
        {
            if (i == operands.Length || (operands[i] == ',' && depth == 0))
            {
                parts.Add(operands[start..i].Trim());
                start = i + 1;
            }
            else
            {
                depth += operands[i] is '{' or '[' ? 1 : operands[i] is '}' or ']' ? -1 : 0;
            }
        }

        return [.. parts.Where(p => p.Length > 0)];
    }

    private static int Closing(string text, int open)
    {
        var depth = 0;
        for (var i = open; i < text.Length; i++)
        {
            depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        throw new PtxException("A body is not closed.");
    }

    public static int SizeOf(string type) => type is "pred" ? 1 : int.Parse(type.AsSpan(1), CultureInfo.InvariantCulture) / 8;

    private sealed class SharedMemory
    {
        private readonly Dictionary<string, int> offsets = [];

        public IReadOnlyDictionary<string, int> Offsets => offsets;

        public int Size { get; private set; }

        public void Add(Match variable)
        {
            var align = int.Parse(variable.Groups["align"].Value, CultureInfo.InvariantCulture);
            Size = (Size + align - 1) / align * align;
            offsets.Add(variable.Groups["name"].Value, Size);
            Size += SizeOf(variable.Groups["type"].Value)
                * (variable.Groups["count"].Success ? int.Parse(variable.Groups["count"].Value, CultureInfo.InvariantCulture) : 1);
        }

        public SharedMemory Copy()
        {
            var copy = new SharedMemory { Size = Size };
            foreach (var (name, offset) in offsets)
            {
                copy.offsets.Add(name, offset);
            }

            return copy;
        }
    }

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\.shared\s+\.align\s+(?<align>\d+)\s+\.(?<type>\w+)\s+(?<name>[\w$]+)(\[(?<count>\d+)\])?\s*;")]
    private static partial Regex ModuleShared();

    [GeneratedRegex(@"\.visible\s+\.entry\s+(?<name>[\w$]+)\s*\((?<parameters>[^)]*)\)(?<directives>[^{]*)\{")]
    private static partial Regex Entries();

    [GeneratedRegex(@"\.param\s+\.(?<type>\w+)\s+(?:\.ptr[^,\n]*?\s)?(?<name>[\w$]+)")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^([\w$]+):")]
    private static partial Regex Label();

    [GeneratedRegex(@"^\.reg\s+\.(?<type>\w+)\s+(?<name>%[a-z]+)<(?<count>\d+)>$")]
    private static partial Regex RegisterDeclaration();

    [GeneratedRegex(@"\.maxntid\s+(\d+)")]
    private static partial Regex MaxThreads();

    [GeneratedRegex(@"^(?:@(?<not>!)?(?<predicate>%\w+)\s+)?(?<opcode>[a-z][\w.:]*)\s*(?<operands>.*)$", RegexOptions.Singleline)]
    private static partial Regex Instruction();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
