using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text.Reading;

/// <summary>What a tensor has: its length, type and device, and its methods.</summary>
internal static class TensorAttributes
{
    public static Value Of(Position at, TensorValue tensor, string name) => name switch
    {
        "shape" => new ShapeValue(tensor),
        "dtype" => new ElementValue(tensor.Element),
        "device" => new DeviceValue(),
        "ndim" => NumberValue.Integer(Dimensions(tensor)),
        "data" => CreationVocabulary.Detached(tensor),
        "requires_grad" => throw new CodeError(LossDiagnosticKind.Name, at, "'requires_grad' is not accepted.", "Leave it out, or use .detach()."),
        _ when name.EndsWith('_') && !name.StartsWith('_') && Vocabulary.Method(name.TrimEnd('_')) is not null => throw new CodeError(
            LossDiagnosticKind.State, at, $"'{name}' changes the tensor in place.", $"Write .{name.TrimEnd('_')}(…), and keep what it returns."),
        _ => Vocabulary.Method(name) is { } entry ? new FunctionValue(entry, tensor) : throw Refusals.OfMember(at, "a tensor", name, Vocabulary.Methods),
    };

    public static int Dimensions(TensorValue tensor) => !tensor.HasRows ? 0 : tensor.IsVector ? 1 : 2;

    /// <summary>The number of elements, as a Python integer.</summary>
    public static NumberValue Count(Position at, TensorValue tensor) => tensor.HasClasses
        ? throw new CodeError(LossDiagnosticKind.Shape, at, "The number of elements of a tensor of values per class is not accepted.", "Take .mean(dim=1).")
        : Rows(tensor);

    /// <summary>The length of a dimension, as a Python integer; that of the classes only if it is known.</summary>
    public static NumberValue Length(Position at, TensorValue tensor, double dimension, int? classes) => (Dimensions(tensor), dimension) switch
    {
        (1, 0 or -1) or (2, 0 or -2) => Rows(tensor),
        (2, 1 or -1) when tensor.IsColumn => NumberValue.Integer(1),
        (2, 1 or -1) => NumberValue.Integer(classes ?? throw new CodeError(
            LossDiagnosticKind.Argument, at, "The number of classes is not known as the text is read.", "Use reductions over the classes (dim=1).")),
        _ => throw new CodeError(LossDiagnosticKind.Shape, at, $"A tensor of shape {tensor.ShapeText} has no such dimension."),
    };

    private static NumberValue Rows(TensorValue tensor) => tensor.HasRows
        ? new NumberValue(tensor.Parts.Length == 1 ? Formulas.BatchSize : 2 * Formulas.BatchSize, IsInteger: true, PerRow: tensor.Parts.Length)
        : NumberValue.Integer(1);
}
