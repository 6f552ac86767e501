using System.Globalization;
using PreferenceLosses.Expressions;
using static TorchSharp.torch;
using Shape = PreferenceLosses.Expressions.Shape;

namespace PreferenceLosses.Torch;

/// <summary>What is refused of tensors, with the name, the shape, the type and the device, and what is accepted.</summary>
internal sealed class TensorChecks(LossGraph graph)
{
    private string first = "";
    private string? firstRows;
    private Tensor? firstTensor;
    private TorchSharp.DeviceType deviceType;
    private int deviceIndex;
    private int responses;

    public int Rows { get; private set; }

    public int Responses => Math.Max(responses, 1);

    public ScalarType Precision { get; private set; } = ScalarType.Float32;

    public Device Device => firstTensor is null ? CPU : firstTensor.device;

    public static InvalidBatchException Missing(LossGraph graph, string name, TensorBatch batch) => new(
        $"There is no tensor '{name}'; the loss reads {string.Join(", ", graph.Inputs.Select(i => i.Name))}, and the batch has {(batch.Names.Count == 0 ? "none" : string.Join(", ", batch.Names))}.", name);

    /// <summary>One column that the loss reads.</summary>
    public void Input(Expr input, Tensor tensor)
    {
        var name = input.Name!;
        OnDevice(name, tensor);
        var type = tensor.dtype;
        if (!IsFloating(type) && (input.IsDifferentiable || !IsCountable(type)))
        {
            throw Refuse(name, tensor, input.IsDifferentiable ? "floating point (float32, float64, float16 or bfloat16)" : "a real number type");
        }

        if (type == ScalarType.Float64)
        {
            Precision = ScalarType.Float64;
        }

        switch (input.Shape)
        {
            case Shape.Scalar when tensor.dim() != 0:
                throw Refuse(name, tensor, "shape []: one value for the whole batch");
            case Shape.Row when tensor.dim() != 1:
                throw Refuse(name, tensor, "shape [rows]" + (tensor.dim() == 0 ? " (unsqueeze(0) makes one row of it)" : ""));
            case Shape.Responses when tensor.dim() != 2:
                throw Refuse(name, tensor, "shape [rows, responses]");
            case Shape.Scalar:
                return;
        }

        HasRows(name, tensor);
        if (input.Shape == Shape.Responses)
        {
            HasResponses(name, tensor);
        }
    }

    /// <summary>The weights and the mask.</summary>
    public void Others(Tensor? weight, Tensor? mask)
    {
        if (weight is not null)
        {
            OnDevice(Columns.Weight, weight);
            if (weight.dim() != 1 || !(IsFloating(weight.dtype) || IsCountable(weight.dtype)))
            {
                throw Refuse(Columns.Weight, weight, "shape [rows], of a real number type");
            }

            HasRows(Columns.Weight, weight);
        }

        if (mask is not null)
        {
            OnDevice("response mask", mask);
            if (mask.dim() != 2 || mask.dtype != ScalarType.Bool)
            {
                throw Refuse("response mask", mask, "shape [rows, responses], of type Bool");
            }

            HasRows("response mask", mask);
            HasResponses("response mask", mask);
        }

        if (responses > graph.MaximumResponses)
        {
            throw new InvalidBatchException(string.Create(
                CultureInfo.InvariantCulture, $"There are {responses} responses per row; the loss is written for at most {graph.MaximumResponses}."));
        }
    }

    public static void RowCount(LossGraph graph, int rows, SingleRow singleRow)
    {
        if (rows > 0 && rows < graph.MinimumRows && singleRow == SingleRow.Refuse)
        {
            throw new InvalidBatchException(
                $"The loss needs at least {graph.MinimumRows} rows, because it contains an unbiased variance over the batch, and {rows} takes part. "
                + $"Merge the row into another batch, or ask for PyTorch's NaN with {nameof(SingleRow)}.{nameof(SingleRow.PyTorch)}.");
        }
    }

    /// <summary>Every row has a response.</summary>
    public static void EveryRowHasResponse(Tensor? mask)
    {
        if (mask is null || mask.size(0) == 0)
        {
            return;
        }

        using var scope = TorchSharp.torch.NewDisposeScope();
        var counts = mask.any(1);
        if (!counts.all().item<bool>())
        {
            var row = (int)counts.logical_not().nonzero()[0, 0].item<long>();
            throw new InvalidBatchException(string.Create(CultureInfo.InvariantCulture, $"Row {row} has no valid response, by the response mask; at least one is needed."), row: row);
        }
    }

    public static string Describe(Tensor tensor) =>
        $"[{string.Join(", ", tensor.shape)}], {tensor.dtype}, on {tensor.device}";

    private void OnDevice(string name, Tensor tensor)
    {
        // TorchSharp's own message does not say which tensor it was.
        if (tensor.IsInvalid)
        {
            throw new InvalidBatchException($"The tensor '{name}' was disposed of.", name);
        }

        if (firstTensor is null)
        {
            firstTensor = tensor;
            first = name;
            (deviceType, deviceIndex) = (tensor.device_type, tensor.device_index);
        }
        else if (deviceType != tensor.device_type || (deviceType != TorchSharp.DeviceType.CPU && deviceIndex != tensor.device_index))
        {
            throw new InvalidBatchException($"The tensor '{name}' is on {tensor.device} and '{first}' on {firstTensor.device}; all are needed on one device.", name);
        }
    }

    private void HasRows(string name, Tensor tensor)
    {
        var rows = tensor.size(0);
        if (firstRows is null)
        {
            firstRows = name;
            Rows = checked((int)rows);
        }
        else if (rows != Rows)
        {
            throw new InvalidBatchException(string.Create(
                CultureInfo.InvariantCulture, $"The tensor '{name}' has {rows} rows (it is {Describe(tensor)}) and '{firstRows}' has {Rows}; as many are needed."), name);
        }
    }

    private void HasResponses(string name, Tensor tensor)
    {
        var count = tensor.size(1);
        if (count == 0 || (responses != 0 && responses != count))
        {
            throw Refuse(name, tensor, responses == 0 ? "at least one response per row" : string.Create(CultureInfo.InvariantCulture, $"{responses} responses per row, as the others have"));
        }

        responses = checked((int)count);
    }

    private static bool IsFloating(ScalarType type) => type is ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16;

    private static bool IsCountable(ScalarType type) =>
        type is ScalarType.Bool or ScalarType.Byte or ScalarType.Int8 or ScalarType.Int16 or ScalarType.Int32 or ScalarType.Int64;

    private static InvalidBatchException Refuse(string name, Tensor tensor, string accepted) =>
        new($"The tensor '{name}' is {Describe(tensor)}; {accepted} is needed.", name);
}
