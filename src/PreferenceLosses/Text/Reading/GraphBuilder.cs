using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text.Reading;

/// <summary>
/// Goes through the statements once and keeps, for every variable, the formula that it stands for. A statement that is not
/// accepted is reported, its variables become unknown, and the rest is read on, so that one pass finds every mistake.
/// </summary>
internal sealed class GraphBuilder(string text, LossCodeOptions options, List<LossDiagnostic> diagnostics, List<LossCodeNote> notes)
{
    /// <summary>The largest number of different operations in a loss.</summary>
    private const int MaximumNodes = 1024;

    /// <summary>The number of diagnostics after which reading ends.</summary>
    private const int MaximumDiagnostics = 20;

    private readonly Dictionary<string, Value> variables = [];
    private readonly HashSet<string> subexpressions = [];
    private readonly HyperParameters hyperParameters = new(options, notes);
    private bool isOfClasses;

    public CodeLoss? Build(ModuleSyntax module)
    {
        var evaluator = new ExpressionEvaluator(variables, hyperParameters);
        foreach (var statement in module.Statements)
        {
            Try(() => RunOutside(statement, evaluator), statement);
        }

        Value? result = null;
        if (Try(() => BindParameters(module.Function, evaluator), null))
        {
            foreach (var statement in module.Function.Body)
            {
                if (statement is ReturnSyntax returned)
                {
                    Try(() => result = returned.Value is null ? new NoneValue() : evaluator.Value(returned.Value), null);
                    RemarkUnreachable(module.Function.Body, statement);
                    break;
                }

                Try(() => Run(statement, evaluator), statement);
            }
        }

        ImmutableArray<Expr> formulas = [];
        var at = module.Function.Body.OfType<ReturnSyntax>().FirstOrDefault()?.At ?? module.Function.At;
        return diagnostics.Count == 0 && Try(() => formulas = Result(result, at), null)
            ? Loss(module.Function, formulas)
            : null;
    }

    /// <summary>Runs a step; a mistake in it is reported, and the variables of its statement become unknown.</summary>
    private bool Try(Action step, StatementSyntax? statement)
    {
        try
        {
            step();
            return true;
        }
        catch (CodeError error) when (diagnostics.Count < MaximumDiagnostics)
        {
            diagnostics.Add(error.Diagnostic);
        }
        catch (UnknownOperandException)
        {
            // It follows from an earlier mistake, which is reported.
        }

        foreach (var target in Targets(statement))
        {
            variables[target] = new UnknownValue();
        }

        return false;
    }

    private static IEnumerable<string> Targets(StatementSyntax? statement) => statement switch
    {
        AssignmentSyntax assignment => assignment.Targets.SelectMany(t => t).Select(n => n.Name),
        AugmentedSyntax augmented => [augmented.Target.Name],
        ImportSyntax import => [import.Alias ?? import.Name ?? import.Module.Split('.')[0]],
        _ => [],
    };

    private void RunOutside(StatementSyntax statement, ExpressionEvaluator evaluator)
    {
        switch (statement)
        {
            case AssignmentSyntax { Targets: [[var name]] } assignment when evaluator.Value(assignment.Value) is NumberValue { Constant: { } constant } number:
                variables[name.Name] = name.Name == HyperParameters.Beta ? hyperParameters.Declared(name.At, name.Name, constant) : number;
                break;
            case AssignmentSyntax assignment when evaluator.Value(assignment.Value) is TupleValue tuple && tuple.Items.All(i => i is NumberValue { Constant: not null }):
                Assign(assignment, tuple);
                break;
            case ImportSyntax or ExpressionStatementSyntax { Value: TextSyntax }:
                Run(statement, evaluator);
                break;
            default:
                throw new CodeError(
                    LossDiagnosticKind.Statement, statement.At, "Outside of the function only imports and constants are accepted.", "Write it into the function.");
        }
    }

    private void BindParameters(FunctionSyntax function, ExpressionEvaluator evaluator)
    {
        var parameters = function.Parameters;
        if (parameters is [{ Name: "self" }, ..])
        {
            variables["self"] = new SelfValue();
            parameters = parameters.RemoveAt(0);
        }

        if (parameters.GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new CodeError(LossDiagnosticKind.Signature, twice.Last().At, $"The parameter '{twice.Key}' is there twice.");
        }

        var columns = Signature.Bind(function, [.. parameters.Where(p => p.Default is null)], notes);
        isOfClasses = columns.Values.Any(column => column.HasClasses);
        foreach (var (name, column) in columns)
        {
            variables[name] = column;
        }

        foreach (var parameter in parameters.Where(p => p.Default is not null))
        {
            variables[parameter.Name] = evaluator.Value(parameter.Default!) switch
            {
                NumberValue { Constant: { } constant } => hyperParameters.Declared(parameter.At, parameter.Name, constant),
                (BooleanValue or NoneValue or TextValue) and var option => option,
                _ => throw new CodeError(LossDiagnosticKind.Signature, parameter.At, $"The default of '{parameter.Name}' has to be a number."),
            };
        }
    }

    private void Run(StatementSyntax statement, ExpressionEvaluator evaluator)
    {
        switch (statement)
        {
            case ImportSyntax import:
                Modules.Import(import, variables);
                break;
            case AssignmentSyntax assignment:
                Assign(assignment, evaluator.Value(assignment.Value));
                break;
            case AugmentedSyntax augmented:
                Augment(augmented, evaluator);
                break;
            case ExpressionStatementSyntax { Value: TextSyntax }:
                break;      // A docstring.
            case ExpressionStatementSyntax expression:
                evaluator.Value(expression.Value);
                notes.Add(new LossCodeNote(LossCodeNoteKind.Remark, statement.At.Line, "The value of this expression is not used."));
                break;
        }
    }

    private void Assign(AssignmentSyntax assignment, Value value)
    {
        foreach (var targets in assignment.Targets)
        {
            if (targets is [var single])
            {
                variables[single.Name] = Named(single.Name, value);
                continue;
            }

            var items = value switch
            {
                TupleValue tuple => tuple.Items,
                SortedValue sorted => [sorted.Values, sorted.Indices],
                _ => throw new CodeError(LossDiagnosticKind.Type, assignment.At, $"{Capital(value.Description)} can't be taken apart into {targets.Length} variables."),
            };
            if (items.Length != targets.Length)
            {
                throw new CodeError(LossDiagnosticKind.Type, assignment.At, $"There are {items.Length} values for {targets.Length} variables.");
            }

            for (var i = 0; i < items.Length; i++)
            {
                variables[targets[i].Name] = Named(targets[i].Name, items[i]);
            }
        }
    }

    private void Augment(AugmentedSyntax augmented, ExpressionEvaluator evaluator)
    {
        var name = augmented.Target.Name;
        var before = evaluator.Value(augmented.Target);
        var after = evaluator.Binary(augmented.At, augmented.Operator, before, evaluator.Value(augmented.Value));
        if (before is TensorValue tensor)
        {
            // PyTorch changes the tensor itself, whoever else holds it, and refuses where a derivative needs the value from before.
            if (KeepsResult(tensor.Parts[0]))
            {
                throw new CodeError(
                    LossDiagnosticKind.State, augmented.At, $"'{augmented.Operator}=' changes a value that PyTorch needs for the derivative.", $"Write {name} = {name} {augmented.Operator} ….");
            }

            if (tensor.IsInput || variables.Any(v => v.Key != name && Holds(v.Value, tensor.Storage)))
            {
                throw new CodeError(
                    LossDiagnosticKind.State, augmented.At, $"'{augmented.Operator}=' changes the tensor itself, which {(tensor.IsInput ? "is the caller's" : "has another name too")}.", $"Write {name} = {name} {augmented.Operator} ….");
            }

            var changed = (TensorValue)after;
            if (changed.ShapeText != tensor.ShapeText && (changed.HasClasses || !tensor.HasRows))
            {
                throw new CodeError(
                    LossDiagnosticKind.Shape, augmented.At, $"'{augmented.Operator}=' can't make {(tensor.HasRows ? $"a tensor of shape {tensor.ShapeText}" : "a tensor of one number")} into one of shape {changed.ShapeText}.", $"Write {name} = {name} {augmented.Operator} ….");
            }

            after = changed.Element == tensor.Element ? changed
                : changed.IsFloating && tensor.IsFloating ? Arithmetic.Cast(changed, tensor.Element)
                : throw new CodeError(LossDiagnosticKind.Type, augmented.At, $"'{augmented.Operator}=' can't change the tensor's number type.", $"Write {name} = {name} {augmented.Operator} ….");
        }

        variables[name] = Named(name, after);
    }

    /// <summary>Whether a value is, or has in it, a tensor in some memory.</summary>
    private static bool Holds(Value value, object storage) => value switch
    {
        TensorValue tensor => ReferenceEquals(tensor.Storage, storage),
        TupleValue tuple => tuple.Items.Any(item => Holds(item, storage)),
        SortedValue sorted => Holds(sorted.Values, storage) || Holds(sorted.Indices, storage),
        _ => false,
    };

    /// <summary>Whether PyTorch computes the derivative of what made a value from the value itself.</summary>
    private static bool KeepsResult(Expr formula)
    {
        while (formula.Operation is Operation.Named or Operation.RoundToSingle or Operation.Broadcast)
        {
            formula = formula.Operands[0];
        }

        return formula.Operation is Operation.Exp or Operation.Expm1 or Operation.Sigmoid or Operation.Tanh or Operation.Sqrt or Operation.Relu
            or Operation.StandardDeviation or Operation.LogSumExp or Operation.Product or Operation.ReduceMax or Operation.ReduceMin;
    }

    /// <summary>A variable is a named sub-expression, so that a person recognises the text in every output. Names are used once.</summary>
    private Value Named(string name, Value value)
    {
        if (value is not TensorValue { Parts: [var formula], IsInput: false } tensor
            || formula.Operation is Operation.Named or Operation.Constant or Operation.Input)
        {
            return value;
        }

        var unique = name;
        for (var i = 2; !subexpressions.Add(unique); i++)
        {
            unique = FormattableString.Invariant($"{name}_{i}");
        }

        return tensor with { Parts = [Formulas.Named(unique, formula)] };
    }

    private void RemarkUnreachable(ImmutableArray<StatementSyntax> body, StatementSyntax returned)
    {
        if (!ReferenceEquals(body[^1], returned))
        {
            notes.Add(new LossCodeNote(LossCodeNoteKind.Remark, returned.At.Line, "What follows the return is not read."));
        }
    }

    /// <summary>
    /// Losses whose mean is a number that a text returns for the batch, as losses of classes are often written: of a mean, what it is the mean of, also within sums and
    /// factors. Any other number is the loss of every row, which has the same mean and the same gradient.
    /// </summary>
    private static Expr PerRow(Expr number)
    {
        var perRow = new Dictionary<Expr, Expr>(ReferenceEqualityComparer.Instance);
        foreach (var node in NodeOrder.Of([number]))
        {
            var (a, b) = (Of(node, 0), Of(node, 1));
            perRow[node] = node.Operation switch
            {
                _ when node.Shape != Shape.Scalar => node,
                Operation.Named when a.Shape == Shape.Row => a,
                Operation.Mean when node.Axis == Axis.Batch => node.Operands[0],
                Operation.Negate when a.Shape == Shape.Row => -a,
                Operation.Add when a.Shape == Shape.Row || b.Shape == Shape.Row => a + b,
                Operation.Subtract when a.Shape == Shape.Row || b.Shape == Shape.Row => a - b,
                Operation.Multiply when a.Shape == Shape.Row => a * node.Operands[1],
                Operation.Multiply when b.Shape == Shape.Row => node.Operands[0] * b,
                Operation.Divide when a.Shape == Shape.Row => a / node.Operands[1],
                _ => node,
            };
        }

        return Formulas.Broadcast(perRow[number], Shape.Row);

        Expr Of(Expr node, int operand) => operand < node.Operands.Length ? perRow[node.Operands[operand]] : node;
    }

    private ImmutableArray<Expr> Result(Value? result, Position at) => result switch
    {
        null => throw new CodeError(LossDiagnosticKind.Result, at, "The function returns nothing.", "End it with 'return losses'."),
        TensorValue { HasClasses: true } => throw new CodeError(
            LossDiagnosticKind.Result, at, "The function returns a value for each class.", "Return one loss per row: reduce over the classes with .sum(dim=1) or .mean(dim=1)."),
        TensorValue { IsColumn: true } => throw new CodeError(LossDiagnosticKind.Result, at, "The function returns a column, of shape (N, 1).", "Return shape (N,): .squeeze(1)."),
        TensorValue { HasRows: false, IsFloating: true, Parts: [var number] } when isOfClasses => [PerRow(number)],
        TensorValue { HasRows: false } => throw new CodeError(
            LossDiagnosticKind.Result, at, "The function returns one number for the whole batch.", "Return one loss per pair: leave out the last .mean() or .sum()."),
        TensorValue { IsFloating: false } => throw new CodeError(
            LossDiagnosticKind.Result, at, $"The function returns {result.Description}, which has no gradient.", "Return the losses."),
        TensorValue tensor => tensor.Parts,
        TupleValue => throw new CodeError(LossDiagnosticKind.Result, at, "The function returns several values.", "Return the losses alone."),
        _ => throw new CodeError(LossDiagnosticKind.Result, at, $"The function returns {result.Description}.", "Return one loss per pair."),
    };

    private static void CheckSize(Position at, ImmutableArray<Expr> formulas, int maximum)
    {
        var count = NodeOrder.Of(formulas).Count;
        if (count > maximum)
        {
            throw new CodeError(LossDiagnosticKind.Limit, at, $"The loss has {count} operations, and {maximum} are accepted.");
        }
    }

    private CodeLoss Loss(FunctionSyntax function, ImmutableArray<Expr> formulas)
    {
        CheckSize(function.At, formulas, 4 * MaximumNodes);     // Before equal ones are merged, because merging takes time.
        if (options.Stabilize)
        {
            formulas = StableRewrite.Apply(formulas, notes);
        }

        formulas = Simplifier.Simplify(formulas);
        CheckSize(function.At, formulas, MaximumNodes);
        var nodes = NodeOrder.Of(formulas);

        if (!nodes.Exists(n => n.IsDifferentiable))
        {
            notes.Add(new LossCodeNote(LossCodeNoteKind.Remark, 0, "The loss depends on no log-probability: it has no gradient."));
        }

        return new CodeLoss(LossName(function.Name), text, hyperParameters.Used(nodes), formulas, isVerbatim: !options.Stabilize, options.Classes);
    }

    private string LossName(string function)
    {
        var stem = function.EndsWith("_loss", StringComparison.Ordinal) && function.Length > 5 ? function[..^5] : function;
        var name = stem.Trim('_').Replace('_', '-').ToLowerInvariant();
        return options.Name ?? (name.Length == 0 ? "loss" : name[..Math.Min(name.Length, 64)]);
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
