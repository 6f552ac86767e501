using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text.Reading;

/// <summary>What a tensor has: its length, type and device, and its methods.</summary>
internal static class TensorAttributes
{
    public static Value Of(Position at, TensorValue tensor, string name, List<LossCodeNote> notes) => name switch
    {
        "shape" => new ShapeValue(tensor),
        "dtype" => new ElementValue(tensor.Element),
        "device" => new DeviceValue(),
        "ndim" => NumberValue.Integer(tensor.HasRows ? 1 : 0),
        "data" => tensor.Map(Formulas.StopGradient),
        "requires_grad" => throw new CodeError(LossDiagnosticKind.Name, at, "'requires_grad' is not accepted.", "Leave it out, or use .detach()."),
        _ when name.EndsWith('_') && !name.StartsWith('_') && Vocabulary.Method(name.TrimEnd('_')) is not null => throw new CodeError(
            LossDiagnosticKind.State, at, $"'{name}' changes the tensor in place.", $"Write .{name.TrimEnd('_')}(…), and keep what it returns."),
        _ => Vocabulary.Method(name) is { } entry ? new FunctionValue(entry, tensor) : throw Refusals.OfMember(at, "a tensor", name, Vocabulary.Methods),
    };

    /// <summary>The number of elements, as a Python integer.</summary>
    public static NumberValue Length(TensorValue tensor) => tensor.HasRows
        ? new NumberValue(tensor.Parts.Length == 1 ? Formulas.BatchSize : 2 * Formulas.BatchSize, IsInteger: true, PerRow: tensor.Parts.Length)
        : NumberValue.Integer(1);
}
