using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Text;

/// <summary>A loss as a function in the interface of the DiscoPOP paper: self, the four log-probabilities, unreduced losses.</summary>
internal sealed class PyTorchFunction
{
    /// <summary>Keywords, and what the function itself uses.</summary>
    private static readonly HashSet<string> Reserved =
    [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
        "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try",
        "while", "with", "yield", "self", "torch", "F", "math", "abs", "min", "max", "float", PyTorchNotation.Mask,
    ];

    private readonly Names names = new(Reserved);
    private readonly Dictionary<Expr, string> leaves = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> arguments = [];
    private readonly List<string> settings = [];
    private readonly string heading;

    private PyTorchFunction(IPreferenceLoss loss)
    {
        var graph = loss.Graph;
        var title = string.Concat(loss.Name.Select(c => char.IsControl(c) ? ' ' : c)) + (loss.Parameters.Count == 0 ? "" : $" ({loss.Parameters})");
        heading = $"# {title}: unreduced losses in nats. Needs torch, and torch.nn.functional as F.\n";
        Name = names.Take(Names.Identifier(loss.Name, char.IsAsciiLetter) is var name && name.EndsWith("_loss", StringComparison.Ordinal) ? name : name + "_loss");
        foreach (var column in PairGraph.IsOfPairs(graph) ? PairGraph.Columns : [])
        {
            AddArgument(column + "_logps", graph.Inputs.FirstOrDefault(input => input.Name == column));
        }

        // As everybody writes objectives of classes, whichever of the two the formula reads first.
        foreach (var input in graph.Inputs.Where(input => !leaves.ContainsKey(input)).OrderByDescending(input => input.Name == Columns.Logits))
        {
            AddArgument(input.Name == Columns.Target && graph.Inputs.Any(other => other.Name == Columns.Logits) ? "targets" : input.Name!, input);
        }

        foreach (var parameter in graph.Parameters)
        {
            AddParameter(parameter, loss.Parameters[parameter]);
        }

        Write(graph);
    }

    /// <summary>What the function is called.</summary>
    public string Name { get; }

    /// <summary>The arguments that are no hyper-parameters.</summary>
    public IReadOnlyList<string> Arguments => arguments;

    /// <summary>The function, from <c>def</c> to its last line.</summary>
    public string Code { get; private set; } = "";

    /// <summary>The function under a comment that says what it is.</summary>
    public string WithHeading() => heading + Code;

    public static PyTorchFunction Of(IPreferenceLoss loss) => new(loss);

    private void AddArgument(string name, Expr? input)
    {
        var argument = names.Take(name);
        arguments.Add(argument);
        if (input is not null)
        {
            leaves[input] = argument;
        }
    }

    private void AddParameter(Parameter parameter, double value)
    {
        if (parameter.Name == "beta")
        {
            leaves[parameter] = "self.beta";
            return;
        }

        var argument = names.Take(parameter.Name!);
        leaves[parameter] = argument;
        settings.Add($"{argument}: float = {PyTorchNotation.Number(value)}");
    }

    private void Write(LossGraph graph)
    {
        var notation = new PyTorchNotation(leaves, FirstOf(graph, Shape.Row), FirstOf(graph, Shape.Responses), isRagged: graph.Inputs.All(input => input.Name != Columns.Logits));
        var (definitions, losses) = new Layout(notation, names).Write(graph.Losses);
        var values = losses.Select(loss => notation.Text(notation.Value(loss))).ToImmutableArray();

        var lines = new List<string>();
        if (notation.UsesMath)
        {
            lines.Add("import math");
        }

        if (notation.UsesMask)
        {
            settings.Insert(0, $"{PyTorchNotation.Mask}: torch.BoolTensor = None");
            lines.Add($"if {PyTorchNotation.Mask} is None:");
            lines.Add($"    {PyTorchNotation.Mask} = torch.ones_like({FirstOf(graph, Shape.Responses)}, dtype=torch.bool)");
        }

        lines.AddRange(definitions.Select(definition => $"{definition.Name} = {definition.Text}"));
        lines.AddRange(values.Length == 1 ? [$"return {values[0]}"] : TwoHalves(values));

        Code = string.Create(CultureInfo.InvariantCulture, $"""
            def {Name}(
                self,
            {string.Concat(arguments.Select(argument => $"    {argument}: torch.FloatTensor,\n"))}{string.Concat(settings.Select(setting => $"    {setting},\n"))}) -> torch.FloatTensor:
            {string.Join('\n', lines.Select(line => "    " + line))}

            """).ReplaceLineEndings("\n");
    }

    private string[] TwoHalves(ImmutableArray<string> values)
    {
        var (chosen, rejected) = (names.Take("chosen_losses"), names.Take("rejected_losses"));
        return [$"{chosen} = {values[0]}", $"{rejected} = {values[1]}", $"return torch.cat(({chosen}, {rejected}), 0)"];
    }

    /// <summary>
    /// The name of an argument with a shape: what others take their number of rows, their type and their device from. A log-probability
    /// if there is one: lengths and truth values may come as integers.
    /// </summary>
    private string? FirstOf(LossGraph graph, Shape shape) =>
        PairGraph.IsOfPairs(graph) && shape == Shape.Row ? arguments[0]
        : graph.Inputs.OrderByDescending(input => input.IsDifferentiable).FirstOrDefault(input => input.Shape == shape) is { } first ? leaves[first] : null;
}
