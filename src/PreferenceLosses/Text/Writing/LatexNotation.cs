using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>Formulas as LaTeX, with what amsmath and amssymb have.</summary>
internal sealed class LatexNotation : MathNotation
{
    private static readonly Dictionary<string, string> InputNames = new()
    {
        [Columns.PolicyChosen] = @"\log\pi_\theta(y_w)",
        [Columns.PolicyRejected] = @"\log\pi_\theta(y_l)",
        [Columns.ReferenceChosen] = @"\log\pi_{\mathrm{ref}}(y_w)",
        [Columns.ReferenceRejected] = @"\log\pi_{\mathrm{ref}}(y_l)",
        [Columns.Policy] = @"\log\pi_\theta(y)",
        [Columns.Reference] = @"\log\pi_{\mathrm{ref}}(y)",
        [Columns.ChosenLength] = "|y_w|",
        [Columns.RejectedLength] = "|y_l|",
        [Columns.Length] = "|y|",
    };

    /// <summary>What LaTeX has commands for.</summary>
    private static readonly HashSet<string> Commands = ["max", "min", "ln", "sin", "cos", "tanh", "arctan"];

    public override string NameOf(string name) => Symbol(name);

    public override string NumberedName(int number) => $"t_{{{number}}}";

    protected override int LongestText => 320;

    protected override int LongestRepeated => 60;

    protected override string Times => @" \, ";

    protected override string And => @" \land ";

    protected override string Or => @" \lor ";

    protected override (string, string, string, string, string, string) Relations => (" < ", @" \le ", " > ", @" \ge ", " = ", @" \ne ");

    protected override string Infinity => @"\infty";

    /// <summary>A name as a symbol: Greek letters as commands, what follows an underscore as a subscript, words upright.</summary>
    public static string Symbol(string name)
    {
        var parts = name.Split('_', 2);
        var subscript = string.Concat(parts[0].Select(Names.SubscriptOf)) + (parts.Length == 1 ? "" : parts[1]);
        var head = Letters(string.Concat(parts[0].Where(c => Names.SubscriptOf(c) is null)));
        return subscript.Length == 0 ? head
            : subscript.Length == 1 ? $"{head}_{Letters(subscript)}"
            : $"{head}_{{{Letters(subscript)}}}";
    }

    protected override string InputName(Expr input) => InputNames.GetValueOrDefault(input.Name!) ?? Letters(input.Name!);

    protected override string ParameterName(Parameter parameter) => Symbol(parameter.Symbol);

    protected override string Letter(string name) => name;

    /// <summary>m · 10^e is a product whose parts stay together.</summary>
    private static Piece Factored(Piece number) => number with { Factors = [new Factor(number.Text, FactorPlace.Number)] };

    protected override Piece Number(double value)
    {
        var number = base.Number(value);
        var parts = number.Text.Split('E');
        return parts.Length == 1 ? number
            : parts[0] == "1" ? number with { Text = $"10^{{{parts[1].TrimStart('+')}}}", Binding = Binding.Power }
            : Factored(number with { Text = $@"{parts[0]} \cdot 10^{{{parts[1].TrimStart('+')}}}", Binding = Binding.Product });
    }

    protected override string Indicator(string condition) => @"\mathbb{1}" + Delimited("[", condition, "]");

    protected override string Cases(string then, string condition, string otherwise) =>
        $@"\begin{{cases}} {then} & \text{{if }} {condition} \\ {otherwise} & \text{{otherwise}} \end{{cases}}";

    protected override string AbsoluteValue(string x) => Delimited("|", x, "|");

    protected override string Root(string x) => $@"\sqrt{{{x}}}";

    protected override string Parentheses(string text) => Delimited("(", text, ")");

    protected override Piece Quotient(Piece a, Piece b) =>
        new($@"\frac{{{Text(a.Magnitude)}}}{{{Text(b.Magnitude)}}}", Binding.Call, a.IsNegative != b.IsNegative);

    // A name may carry a subscript already, and e^x stands as it is; everything else needs parentheses, a fraction too.
    protected override Piece Power(Piece a, string exponent) =>
        new($"{(a is { Binding: Binding.Name, IsNegative: false } ? a.Text : Parentheses(Text(a)))}^{{{exponent}}}", Binding.Power);

    protected override string Call(string function, params ReadOnlySpan<string> arguments)
    {
        var name = function == "σ" ? @"\sigma" : function == "ln σ" ? @"\ln\sigma" : Operator(function);
        return name + Delimited("(", string.Join(", ", arguments!), ")");
    }

    protected override Piece SumOver(Piece x, Axis axis, bool isMean)
    {
        var (index, count) = axis == Axis.Batch ? ("i", "N") : ("k", "K");
        return new($@"{(isMean ? $@"\frac{{1}}{{{count}}}" : "")}\sum_{index} {Text(x, Binding.Product)}", Binding.Product);
    }

    protected override string Running(Axis axis) => axis == Axis.Responses ? "_k" : "_i";

    private static string Operator(string function)
    {
        var parts = function.Split('_');
        var name = Commands.Contains(parts[0]) ? "\\" + parts[0] : $@"\operatorname{{{parts[0]}}}";
        return parts.Length == 1 ? name : $"{name}_{parts[1]}";
    }

    /// <summary>Delimiters that grow with what is tall.</summary>
    private static string Delimited(string open, string text, string close) =>
        text.Contains(@"\frac", StringComparison.Ordinal) || text.Contains(@"\sum", StringComparison.Ordinal) || text.Contains(@"\begin", StringComparison.Ordinal)
            ? $@"\left{open}{text}\right{close}"
            : open + text + close;

    /// <summary>One letter in italics, a word upright. What LaTeX would read as its own is escaped.</summary>
    private static string Letters(string text)
    {
        if (text.Length == 2 && Names.MarkOf(text[1]) is { } mark)
        {
            return mark == "prime" ? Letters(text[..1]) + "'" : $@"\{mark}{{{Letters(text[..1])}}}";
        }

        return text.Length == 1 ? Escaped(text[0]).TrimEnd() : $@"\mathrm{{{string.Concat(text.Select(Escaped))}}}";
    }

    private static string Escaped(char c) => Names.WordOf(c) is { } word ? $@"\{word} " : c switch
    {
        '_' or '%' or '#' or '&' or '$' or '{' or '}' => $@"\{c}",
        '\\' => @"\backslash ",
        '^' or '~' => "-",
        _ when char.IsAscii(c) && !char.IsControl(c) => c.ToString(),
        _ => "?",
    };
}
