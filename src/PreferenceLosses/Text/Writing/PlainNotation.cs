using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>Formulas as plain text, with Greek letters and the names of columns.</summary>
internal sealed class PlainNotation : MathNotation
{
    public override string NameOf(string name) => name;

    public override string NumberedName(int number) => $"t{number}";

    protected override int LongestText => 110;

    protected override int LongestRepeated => 30;

    protected override string Minus => " − ";

    protected override string Sign => "−";

    protected override string Times => " ";

    protected override string Over => "/";

    protected override string And => " and ";

    protected override string Or => " or ";

    protected override (string, string, string, string, string, string) Relations => (" < ", " ≤ ", " > ", " ≥ ", " = ", " ≠ ");

    protected override string Infinity => "∞";

    protected override string InputName(Expr input) => input.Name!;

    protected override string ParameterName(Parameter parameter) => parameter.Symbol;

    protected override string Letter(string name) => name;

    protected override string Indicator(string condition) => $"[{condition}]";

    protected override string Cases(string then, string condition, string otherwise) => $"{then} if {condition} else {otherwise}";

    protected override string AbsoluteValue(string x) => $"|{x}|";

    protected override string Root(string x) => $"√({x})";

    protected override Piece Power(Piece a, string exponent) => new(
        Text(a, Binding.Call) + (exponent == "2" ? "²" : exponent.All(char.IsAsciiLetterOrDigit) ? "^" + exponent : $"^({exponent})"), Binding.Power);

    protected override string Call(string function, params ReadOnlySpan<string> arguments) => $"{function}({string.Join(", ", arguments!)})";

    protected override Piece SumOver(Piece x, Axis axis, bool isMean) =>
        new(Call((isMean ? "mean" : "Σ") + Running(axis), Text(x)), Binding.Call);

    protected override string Running(Axis axis) => axis == Axis.Responses ? "ₖ" : "";
}
