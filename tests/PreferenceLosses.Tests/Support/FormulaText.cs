using System.Globalization;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Tests.Support;

/// <summary>Small formulas as text, for the messages of failing tests.</summary>
internal static class FormulaText
{
    public static string Of(Expr x) => x.Operation switch
    {
        Operation.Constant => x.Value.ToString("R", CultureInfo.InvariantCulture),
        Operation.Input or Operation.Parameter => x.Name!,
        _ => $"{x.Operation}{(x.Axis == Axis.Responses ? "K" : "")}({string.Join(", ", x.Operands.Select(Of))})",
    };
}
