using System.Collections.Immutable;
using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Text.Reading;

/// <summary>New tensors, copies, casts and sizes.</summary>
internal static class CreationVocabulary
{
    public static IEnumerable<Definition> Entries =>
    [
        new("torch", "ones_like", "input, dtype?, device?", a => Like(a, 1)),
        new("torch", "zeros_like", "input, dtype?, device?", a => Like(a, 0)),
        new("torch", "full_like", "input, fill_value, dtype?, device?", a => Like(a, a.Number("fill_value", double.NaN).Formula)),
        new("torch", "ones", "size, dtype?, device?", a => Sized(a, 1, Element.Single)),
        new("torch", "zeros", "size, dtype?, device?", a => Sized(a, 0, Element.Single)),
        new("torch", "full", "size, fill_value, dtype?, device?", a =>
            Sized(a, a.Number("fill_value", double.NaN).Formula, a.Number("fill_value").IsInteger ? Element.Integer : Element.Single)),
        new("torch", "tensor", "data, dtype?, device?", Tensor),
        new("torch", "arange", "start, end?, step?, dtype?, device?", Range),
        new("torch", "cat concat", "tensors, dim?", Concatenated),

        new("tensor torch", "detach", "input", a => Detached(a.Tensor("input"))),
        new("tensor torch", "clone", "input", a => a.Tensor("input") with { IsInput = false, Storage = new object() }),
        new("tensor", "contiguous", "input", a => a.Tensor("input")),
        new("tensor", "float", "input", a => To(a, Element.Single)),
        new("tensor", "double", "input", a => To(a, Element.Real)),
        new("tensor", "bool", "input", a => To(a, Element.Boolean)),
        new("tensor", "long int", "input", a => To(a, Element.Integer)),
        new("tensor", "type_as", "input, other", a => To(a, a.Tensor("other").Element)),
        new("tensor", "to", "input, to?, dtype?, device?, non_blocking?", Moved),
        new("tensor", "type", "input, dtype", a => To(a, a.ElementOf("dtype") ?? throw a.Wrong(LossDiagnosticKind.Type, "dtype", "is None, and a dtype is needed."))),
        new("tensor", "size", "input, dim?", a => a.Has("dim") ? Length(a) : new ShapeValue(a.Tensor("input"))),
        new("tensor torch", "numel", "input", a => TensorAttributes.Count(a.At, a.Tensor("input"))),
        new("tensor", "dim ndimension", "input", a => NumberValue.Integer(TensorAttributes.Dimensions(a.Tensor("input")))),
    ];

    /// <summary>The same values in the same memory, without gradient.</summary>
    public static TensorValue Detached(TensorValue tensor) => tensor with { Parts = [.. tensor.Parts.Select(StopGradient)] };

    private static TensorValue Like(Arguments a, Expr value)
    {
        var x = a.Tensor("input");
        var type = a.ElementOf("dtype") ?? x.Element;
        CheckFilling(a, value, type);
        return new TensorValue([.. x.Parts.Select(p => Filled(value, p.Shape, type))], type) { IsColumn = x.IsColumn };
    }

    private static TensorValue Sized(Arguments a, Expr value, Element otherwise)
    {
        var type = a.ElementOf("dtype") ?? otherwise;
        CheckFilling(a, value, type);
        var size = a["size"] is TupleValue { Items: [var single] } ? single : a["size"];
        var halves = size switch
        {
            ShapeValue { Tensor: { IsVector: true } tensor } => tensor.Parts.Length,
            NumberValue { IsInteger: true, Fixed: 0, PerRow: 1 or 2 } number => (int)number.PerRow,
            TupleValue { Items.IsEmpty: true } or ShapeValue { Tensor.HasRows: false } => 0,
            _ => throw a.Wrong(LossDiagnosticKind.Shape, "size", "has to be that of the log-probabilities.", "Write torch.ones_like(x)."),
        };
        return halves == 0
            ? new TensorValue(Filled(value, Shape.Scalar, type), type)
            : new TensorValue([.. Enumerable.Repeat(Filled(value, Shape.Row, type), halves)], type);
    }

    private static TensorValue Tensor(Arguments a)
    {
        var type = a.ElementOf("dtype");
        if (a["data"] is NumberValue data)
        {
            CheckFilling(a, data.Formula, type ?? (data.IsInteger ? Element.Single : Element.Real));
        }

        return a["data"] switch
        {
            NumberValue number when (type ?? (number.IsInteger ? Element.Integer : Element.Single)) is var element => new TensorValue(Filled(number.Formula, Shape.Scalar, element), element),
            BooleanValue boolean => new TensorValue(boolean.Value ? 1 : 0, type ?? Element.Boolean),
            _ => throw a.Wrong(LossDiagnosticKind.Shape, "data", "has to be one number."),
        };
    }

    private static void CheckFilling(Arguments a, Expr value, Element type)
    {
        if (type == Element.Integer && (value.Operation != Operation.Constant || value.Value != Math.Floor(value.Value)))
        {
            throw new CodeError(LossDiagnosticKind.Type, a.At, "A tensor of integers can't hold a number with a fraction.", "Leave the dtype out.");
        }
    }

    private static Expr Filled(Expr value, Shape shape, Element type) =>
        Broadcast(type == Element.Single ? RoundToSingle(value) : type == Element.Boolean ? 1 - EqualTo(value, 0) : value, shape);

    /// <summary>0 … N−1 in any direction and from any start: as many numbers as there are pairs.</summary>
    private static TensorValue Range(Arguments a)
    {
        var (start, end) = a.Has("end") ? (a.Number("start"), a.Number("end")) : (NumberValue.Integer(0), a.Number("start"));
        var step = a.Constant("step", 1);
        var isWhole = start.IsInteger && end.IsInteger && step is 1 or -1;
        if (!isWhole || step * (end.PerRow - start.PerRow) != 1 || end.Fixed != start.Fixed)
        {
            throw a.Wrong(
                LossDiagnosticKind.Shape, "end", "has to make as many numbers as there are pairs, in steps of 1 or -1.", "Write torch.arange(x.size(0)) and compute with it.");
        }

        var type = a.ElementOf("dtype") ?? Element.Integer;
        return new TensorValue(step < 0 ? start.Formula - RowIndex : start.Constant == 0 ? RowIndex : RowIndex + start.Formula, type);
    }

    private static TensorValue Concatenated(Arguments a)
    {
        a.CheckDimension();
        return a["tensors"] is TupleValue { Items: [TensorValue { IsVector: true, Parts.Length: 1 } first, TensorValue { IsVector: true, Parts.Length: 1 } second] }
            && Arithmetic.Promote(first, second) is var type
            ? new TensorValue([Arithmetic.Cast(first, type).Parts[0], Arithmetic.Cast(second, type).Parts[0]], type)
            : throw a.Wrong(LossDiagnosticKind.Shape, "tensors", "has to be two tensors of one value per pair: the chosen half and the rejected half.");
    }

    private static NumberValue Length(Arguments a) =>
        TensorAttributes.Length(a.At, a.Tensor("input"), a["dim"] is NumberValue { IsInteger: true, Constant: { } dimension } ? dimension : double.NaN, a.Classes);

    private static TensorValue Moved(Arguments a) => a["to"] switch
    {
        ElementValue type => To(a, type.Element),
        TensorValue other => To(a, other.Element),
        DeviceValue or TextValue { Value: "cpu" or "cuda" } or null => a.ElementOf("dtype") is { } type ? To(a, type) : a.Tensor("input"),
        var other => throw a.Wrong(LossDiagnosticKind.Type, "to", $"is {other.Description}; a dtype, a device or a tensor is needed."),
    };

    private static TensorValue To(Arguments a, Element type)
    {
        var x = a.Tensor("input");
        return type == Element.Integer && x.IsFloating
            ? throw a.Wrong(LossDiagnosticKind.Type, "input", "has fractions, and cutting them off has no gradient.")
            : Arithmetic.Cast(x, type) with { IsInput = x.IsInput, Storage = x.Storage };       // A cast that changes nothing is no copy.
    }
}
